import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pino } from 'pino'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import {
  createCarefulHandler,
  maxFailures,
  type CarefulHandlerOptions,
} from '../../../lib/kafka/create-careful-handler.ts'
import type { BatchContext } from '../../../lib/kafka/start-consumer.ts'
import { incomingRecord } from '../../support/records.ts'

/** A partition with what brokers know of it; sessions come and go. */
function createPartition(length: number) {
  const records = Array.from({ length }, (_, offset) => incomingRecord(BigInt(offset)))
  const failures = new Map<bigint, number>()
  const completed = new Set<bigint>()
  const letters: bigint[] = []
  const createContext = (signal: AbortSignal, life: { isOver: boolean }): BatchContext => ({
    signal,
    complete({ offset }) {
      if (life.isOver) return
      completed.add(offset)
      failures.delete(offset)
    },
    failures: ({ offset }) => failures.get(offset) ?? 0,
    fail({ offset }) {
      if (life.isOver) return Promise.reject(new Error('dead'))
      const count = (failures.get(offset) ?? 0) + 1
      failures.set(offset, count)
      return Promise.resolve(count)
    },
    forgive({ offset }) {
      if (life.isOver) return
      const count = (failures.get(offset) ?? 0) - 1
      if (count > 0) failures.set(offset, count)
      else failures.delete(offset)
    },
  })
  return {
    ...{ records, failures, completed, letters },
    /** One session, up to its end: handles what is not completed, in batches of this size. Nothing happens after its life. */
    async run(
      handle: CarefulHandlerOptions['handle'],
      batchSize: number,
      { signal = never, life = { isOver: false } } = {},
    ) {
      const context = createContext(signal, life)
      const careful = createCarefulHandler({
        handle,
        giveUp({ offset }) {
          if (life.isOver) return Promise.reject(new Error('dead'))
          letters.push(offset)
          return Promise.resolve()
        },
        logger: pino({ level: 'silent' }),
      })
      const left = records.filter(({ offset }) => !completed.has(offset))
      for (let start = 0; start < left.length; start += batchSize)
        await careful(left.slice(start, start + batchSize), context)
    },
  }
}

const never = new AbortController().signal
const away = new IpsError('away', 'away', { retryable: true })

/** Runs sessions until one comes to its end; returns how many did not. */
async function runUntilDone(session: () => Promise<void>): Promise<number> {
  for (let crashes = 0; crashes < 100; crashes += 1) {
    const isDone = await session().then(
      () => true,
      () => false,
    )
    if (isDone) return crashes
  }
  throw new Error('it never came to its end')
}

describe('createCarefulHandler', () => {
  test.each([
    ['throws', false],
    ['kills its process', true],
  ])('gives up exactly the records whose work %s, wherever they are', async (_what, kills) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        async (areGood, batchSize) => {
          const partition = createPartition(areGood.length)
          const bad = areGood.flatMap((isGood, index) => (isGood ? [] : [BigInt(index)]))
          const crashes = await runUntilDone(() => {
            const life = { isOver: false }
            const handle: CarefulHandlerOptions['handle'] = (records, context) => {
              for (const record of records) {
                if (bad.includes(record.offset)) {
                  life.isOver = kills
                  return Promise.reject(new TypeError('on purpose'))
                }
                context.complete(record)
              }
              return Promise.resolve()
            }
            return partition.run(handle, batchSize, { life })
          })
          expect(partition.letters).toEqual(bad)
          expect(partition.completed.size).toBe(areGood.length)
          expect(partition.failures.size).toBe(0)
          // A death blames the first of a batch: it takes one more to find another record of it.
          expect(crashes).toBeLessThanOrEqual(bad.length * (maxFailures + 1))
        },
      ),
      { numRuns: 50 },
    )
  })

  test('holds nothing against a record that another try may mend', async () => {
    const partition = createPartition(3)
    for (let time = 0; time < 2 * maxFailures; time += 1)
      await expect(partition.run(() => Promise.reject(away), 2)).rejects.toBe(away)
    expect([...partition.failures]).toEqual([])
    expect(partition.letters).toEqual([])
  })

  test('holds nothing against a record whose work was interrupted', async () => {
    const partition = createPartition(1)
    const stopping = new AbortController()
    stopping.abort(new Error('stopping'))
    const interrupted = () => Promise.reject(new TypeError('torn'))
    await expect(partition.run(interrupted, 1, stopping)).rejects.toThrow('torn')
    expect([...partition.failures]).toEqual([])
  })

  test('hands whole batches over where nothing has failed', async () => {
    const partition = createPartition(10)
    const sizes: number[] = []
    await partition.run((records, context) => {
      sizes.push(records.length)
      records.forEach((record) => context.complete(record))
      return Promise.resolve()
    }, 4)
    expect(sizes).toEqual([4, 4, 2])
  })
})
