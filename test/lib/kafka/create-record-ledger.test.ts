import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRecordLedger } from '../../../lib/kafka/create-record-ledger.ts'
import { readFailureCounts } from '../../../lib/kafka/failure-counts.ts'
import { incomingRecord } from '../../support/records.ts'

const record = incomingRecord

describe('createRecordLedger', () => {
  test('never gives a position behind a record that is not completed, and accounts for every byte', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ take: fc.integer({ min: 1, max: 5 }) }),
        fc.record({ complete: fc.nat(30) }),
        fc.record({ fail: fc.nat(30) }),
      ),
    )
    fc.assert(
      fc.property(steps, (history) => {
        const ledger = createRecordLedger()
        const open = new Map<bigint, number>()
        let next = 0n
        for (const step of history) {
          if ('take' in step) {
            const taken = Array.from({ length: step.take }, () =>
              record(next++, 'x'.repeat(Number(next % 7n))),
            )
            ledger.take(taken)
            for (const { offset, value } of taken) open.set(offset, value.length)
          } else if ('complete' in step) {
            ledger.complete(record(BigInt(step.complete)))
            open.delete(BigInt(step.complete))
          } else if (open.has(BigInt(step.fail))) ledger.fail(record(BigInt(step.fail)))
          const first = [...open.keys()][0] ?? next
          expect(ledger.position()?.offset ?? 0n).toBeLessThanOrEqual(first)
          expect(ledger.nextNeeded() ?? 0n).toBe(first)
          expect(ledger.pending()).toEqual({
            records: open.size,
            bytes: [...open.values()].reduce((sum, bytes) => sum + bytes, 0),
          })
        }
      }),
    )
  })

  test('leaves out what it has already taken', () => {
    const ledger = createRecordLedger()
    ledger.take([record(5n), record(6n)])
    expect(ledger.take([record(5n), record(6n), record(7n)]).map(({ offset }) => offset)).toEqual([
      7n,
    ])
    expect(ledger.nextFetched()).toBe(8n)
  })

  test('has nothing to commit until something is completed or has failed', () => {
    const ledger = createRecordLedger()
    expect(ledger.position()).toBeUndefined()
    ledger.take([record(5n), record(6n)])
    expect(ledger.position()).toBeUndefined()
    ledger.complete(record(6n))
    expect(ledger.position()).toBeUndefined()
    ledger.complete(record(5n))
    expect(ledger.position()).toEqual({ offset: 7n, metadata: '' })
  })

  test('keeps failures with the position until their record is completed', () => {
    const ledger = createRecordLedger()
    ledger.take([record(5n), record(6n)])
    ledger.addFailures(new Map([[6n, 1]]))
    expect(ledger.fail(record(6n))).toBe(2)
    const position = ledger.position()
    expect(position?.offset).toBe(5n)
    expect(readFailureCounts(position?.metadata ?? '')).toEqual(new Map([[6n, 2]]))
    ledger.complete(record(6n))
    ledger.complete(record(5n))
    expect(ledger.position()).toEqual({ offset: 7n, metadata: '' })
  })
})
