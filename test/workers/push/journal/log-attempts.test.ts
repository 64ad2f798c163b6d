import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eraseClientRows } from '../../../../workers/push/journal/erase-client-rows.ts'
import { findDelivery } from '../../../../workers/push/journal/find-delivery.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../../support/push-journal.ts'

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
})

afterAll(async () => {
  await test_.drop()
})

/** A message of an endpoint of its own. */
async function appendOne() {
  const endpoint = test_.createEndpoint()
  const { endpointId } = endpoint
  await test_.journal.append([createDelivery(endpoint, endpointId)])
  const { messages } = await test_.journal.read(endpointId, 0)
  return { endpointId, position: messages[0]?.position ?? 0 }
}

test('the last twenty attempts of a message are kept, and their numbers go on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 4 }), async (runs) => {
      const { endpointId, position } = await appendOne()
      let at = 0
      for (const length of runs) {
        // Those of one run go together in one statement.
        const attempts = Array.from({ length }, () => ({ at: (at += 1_000), durationMs: 1 }))
        await Promise.all(
          attempts.map((attempt) => test_.journal.logAttempt(endpointId, position, attempt)),
        )
      }
      const [found] = await findDelivery(test_.pool, derivedKeys, endpointId)
      const total = at / 1_000
      const expected = Array.from({ length: total }, (_unused, index) => index + 1).slice(-20)
      expect(found?.log.map(({ number }) => number)).toEqual(expected)
      expect(found?.log.map((attempt) => attempt.at)).toEqual(expected.map((n) => n * 1_000))
      expect(found?.attempts).toBe(total)
    }),
    { numRuns: 20 },
  )
})

test('an answer is kept in its first 256 bytes, whatever it holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.constant(`${'x'.repeat(255)}é`)),
      async (answer) => {
        const { endpointId, position } = await appendOne()
        const attempt = { at: 0, durationMs: 1, status: 500, error: 'status-500', answer }
        await test_.journal.logAttempt(endpointId, position, attempt)
        const [found] = await findDelivery(test_.pool, derivedKeys, endpointId)
        const kept = found?.log[0]?.answer ?? ''
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(256)
        expect(answer.toWellFormed().replaceAll('\0', '\u{FFFD}').startsWith(kept)).toBe(true)
      },
    ),
    { numRuns: 50 },
  )
})

test('of a client that was erased nothing is logged any more', async () => {
  const { endpointId, position } = await appendOne()
  const { rows } = await test_.pool.query<{ client_id: string }>(
    'SELECT client_id FROM endpoints WHERE endpoint_id = $1',
    [endpointId],
  )
  await eraseClientRows(test_.pool, rows[0]?.client_id ?? '')
  await test_.journal.logAttempt(endpointId, position, { at: 0, durationMs: 1 })
  const left = await test_.pool.query('SELECT FROM attempts WHERE endpoint_id = $1', [endpointId])
  expect(left.rowCount).toBe(0)
})
