import { describe, expect, test } from '@jest/globals'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import {
  createPartitionSession,
  type BatchContext,
  type PartitionSessionDependencies,
} from '../../../lib/kafka/create-partition-session.ts'
import type { IncomingRecord } from '../../../lib/kafka/incoming-record.ts'
import { incomingRecord } from '../../support/records.ts'

/** A session whose calls of the handler end when the test says so. */
function createSession(options: Partial<PartitionSessionDependencies> = {}) {
  const calls: (PromiseWithResolvers<undefined> & { offsets: bigint[]; context: BatchContext })[] =
    []
  const postponed: IpsError[] = []
  const crashed: unknown[] = []
  const stopping = new AbortController()
  const session = createPartitionSession({
    ordered: true,
    stopping: stopping.signal,
    loadFailures: () => Promise.resolve(new Map()),
    handle(records, context) {
      const call = Promise.withResolvers<undefined>()
      calls.push({ ...call, offsets: records.map(({ offset }) => offset), context })
      return call.promise.then(() => undefined)
    },
    commit: () => Promise.resolve(),
    onProgress: () => undefined,
    onPostpone: (error) => postponed.push(error),
    onCrash: (error) => crashed.push(error),
    ...options,
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { session, calls, postponed, crashed, stopping, settle }
}

const records = (...offsets: bigint[]): IncomingRecord[] =>
  offsets.map((offset) => incomingRecord(offset, 'x'))

describe('createPartitionSession', () => {
  test('hands over one batch at a time, with what came meanwhile in the next', async () => {
    const { session, calls, settle } = createSession()
    session.take(records(1n, 2n))
    session.take(records(3n))
    session.take(records(4n))
    await settle()
    expect(calls.map(({ offsets }) => offsets)).toEqual([[1n, 2n]])
    records(1n, 2n).forEach((record) => calls[0]?.context.complete(record))
    calls[0]?.resolve(undefined)
    await settle()
    expect(calls.map(({ offsets }) => offsets)).toEqual([
      [1n, 2n],
      [3n, 4n],
    ])
  })

  test('hands over each record by itself where order does not matter', async () => {
    const { session, calls, settle } = createSession({ ordered: false })
    session.take(records(1n, 2n))
    session.take(records(3n))
    await settle()
    expect(calls.map(({ offsets }) => offsets)).toEqual([[1n], [2n], [3n]])
  })

  test('is postponed by a failure that another try may mend, and hands over nothing more', async () => {
    const { session, calls, postponed, settle } = createSession()
    session.take(records(1n))
    session.take(records(2n))
    await settle()
    const error = new IpsError('away', 'away for now', { retryable: true })
    calls[0]?.reject(error)
    await settle()
    expect(postponed).toEqual([error])
    expect(calls).toHaveLength(1)
    expect(session.ledger.nextNeeded()).toBe(1n)
  })

  test('is postponed once, however many records fail', async () => {
    const { session, calls, postponed, settle } = createSession({ ordered: false })
    session.take(records(1n, 2n))
    await settle()
    calls.forEach(({ reject }) => reject(new IpsError('away', 'away', { retryable: true })))
    await settle()
    expect(postponed).toHaveLength(1)
    expect(calls[1]?.context.signal.aborted).toBe(true)
  })

  test('is postponed where the handler leaves records for another try', async () => {
    const { session, calls, postponed, settle } = createSession()
    session.take(records(1n, 2n))
    await settle()
    calls[0]?.context.complete(incomingRecord(1n))
    calls[0]?.resolve(undefined)
    await settle()
    expect(postponed.map(({ code }) => code)).toEqual(['batch-incomplete'])
    expect(session.ledger.nextNeeded()).toBe(2n)
  })

  test.each([
    ['a programmer’s error', new TypeError('on purpose')],
    ['an error that no other try can mend', new IpsError('broken', 'on purpose')],
  ])('crashes over %s', async (_what, error) => {
    const { session, calls, crashed, postponed, settle } = createSession()
    session.take(records(1n))
    await settle()
    calls[0]?.reject(error)
    await settle()
    expect(crashed).toEqual([error])
    expect(postponed).toEqual([])
  })

  test('aborts what is under way when it ends, and does not mind how that goes', async () => {
    const { session, calls, crashed, postponed, settle } = createSession()
    session.take(records(1n))
    await settle()
    session.end(new IpsError('partition-lost', 'lost'))
    expect(calls[0]?.context.signal.aborted).toBe(true)
    calls[0]?.reject(new TypeError('on purpose'))
    await session.settled()
    expect([...crashed, ...postponed]).toEqual([])
  })

  test('still counts what is completed while the consumer stops', async () => {
    const { session, calls, stopping, settle } = createSession()
    session.take(records(1n, 2n))
    await settle()
    stopping.abort()
    calls[0]?.context.complete(incomingRecord(1n))
    calls[0]?.resolve(undefined)
    await session.settled()
    expect(session.ledger.position()).toEqual({ offset: 2n, metadata: '' })
  })

  test('knows earlier failures before the first record is handled', async () => {
    const { session, calls, settle } = createSession({
      loadFailures: () => Promise.resolve(new Map([[1n, 2]])),
    })
    session.take(records(1n))
    await settle()
    expect(calls[0]?.context.failures(incomingRecord(1n))).toBe(2)
    expect(await calls[0]?.context.fail(incomingRecord(1n))).toBe(3)
  })

  test('is postponed where earlier failures cannot be read', async () => {
    const error = new IpsError('kafka-unavailable', 'away', { retryable: true })
    const { session, calls, postponed, settle } = createSession({
      loadFailures: () => Promise.reject(error),
    })
    session.take(records(1n))
    await settle()
    expect(postponed).toEqual([error])
    expect(calls).toEqual([])
  })
})
