import { afterEach, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { createSessions, type Sessions } from '../../../lib/kafka/create-sessions.ts'
import { incomingRecord } from '../../support/records.ts'
import { until } from '../../support/until.ts'

/** Sessions of a member, with what they tell the library; offsets are loaded when the test says so. */
function createMember() {
  const seeks: string[] = []
  const handled: bigint[] = []
  const loads: PromiseWithResolvers<bigint>[] = []
  const sessions = createSessions({
    consumer: {
      commitOffsets: () => Promise.resolve(),
      pause: () => undefined,
      resume: () => undefined,
      seek: ({ offset }) => void seeks.push(offset),
    },
    logger: pino({ level: 'silent' }),
    maxPendingBytes: 1_000,
    stopping: new AbortController().signal,
    session: {
      ordered: true,
      handle(records, context) {
        for (const record of records) {
          handled.push(record.offset)
          context.complete(record)
        }
        return Promise.resolve()
      },
      onCrash: (error) => expect(error).toBeUndefined(),
    },
    loadFailures: () => Promise.resolve(new Map()),
    loadStart() {
      const load = Promise.withResolvers<bigint>()
      loads.push(load)
      return load.promise
    },
  })
  open.push(sessions)
  return { sessions, seeks, handled, loads }
}

const open: Sessions[] = []
afterEach(() => Promise.all(open.splice(0).map((sessions) => sessions.stop())))

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('the sessions of a member that knows its own offsets', () => {
  test('take nothing before the offset is known, and then begin there', async () => {
    const { sessions, seeks, handled, loads } = createMember()
    sessions.assign({ topic: [0] })
    sessions.take('topic', 0, [incomingRecord(9n)])
    await settle()
    expect({ handled, seeks }).toEqual({ handled: [], seeks: [] })
    loads[0]?.resolve(5n)
    await settle()
    expect(seeks).toEqual(['5'])
    sessions.take('topic', 0, [incomingRecord(5n)])
    await settle()
    expect(handled).toEqual([5n])
  })

  test('lead the library back to that offset when it joins anew before anything came', async () => {
    const { sessions, seeks, loads } = createMember()
    sessions.assign({ topic: [0] })
    loads[0]?.resolve(5n)
    await settle()
    sessions.assign({ topic: [0] })
    expect({ seeks, loads: loads.length }).toEqual({ seeks: ['5', '5'], loads: 1 })
  })

  test('ask again for a partition that went away and came back, and never use what was asked before', async () => {
    const { sessions, seeks, loads } = createMember()
    sessions.assign({ topic: [0] })
    sessions.assign({ topic: [] })
    sessions.assign({ topic: [0] })
    loads[0]?.resolve(5n)
    await settle()
    expect(seeks).toEqual([])
    loads[1]?.resolve(7n)
    await settle()
    expect(seeks).toEqual(['7'])
  })

  test('ask again where the offset cannot be loaded for now', async () => {
    const { sessions, seeks, loads } = createMember()
    sessions.assign({ topic: [0] })
    loads[0]?.reject(new IpsError('away', 'away', { retryable: true }))
    await until('it is asked again', () => loads.length > 1)
    loads[1]?.resolve(7n)
    await settle()
    expect(seeks).toEqual(['7'])
  })
})
