import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createAdmission } from '../../../gateway/ingestion/create-admission.ts'
import { createByteBudget } from '../../../gateway/ingestion/create-byte-budget.ts'
import { maxBodyBytes } from '../../../gateway/ingestion/ingest-images.ts'

const clientId = 'a'

function createTestAdmission(budget: ReturnType<typeof createByteBudget>) {
  return createAdmission({
    budget,
    kafka: () => 'ok',
    lags: () => new Map(),
    maxLagSeconds: 1,
    random: () => 0,
  })
}

describe('createAdmission', () => {
  test('never tells a client whose share is free to come later, whatever size it declares', () => {
    const budget = createByteBudget({ totalBytes: 2 * maxBodyBytes, clientBytes: maxBodyBytes })
    const admission = createTestAdmission(budget)
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.maxSafeNat()), (declaredBytes) => {
        expect(() => admission.admit({ clientId, declaredBytes })).not.toThrow()
      }),
    )
  })

  test('refuses a declared body that does not fit now', () => {
    const budget = createByteBudget({ totalBytes: 2 * maxBodyBytes, clientBytes: maxBodyBytes })
    budget.lease(clientId).take(1)
    const admission = createTestAdmission(budget)
    expect(() => admission.admit({ clientId, declaredBytes: maxBodyBytes })).toThrow(
      expect.objectContaining({ status: 503, code: 'overloaded' }),
    )
  })
})
