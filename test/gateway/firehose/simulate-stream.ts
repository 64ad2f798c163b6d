import { setImmediate } from 'node:timers/promises'
import { createBell } from '../../../gateway/firehose/create-bell.ts'
import { createTokenBucket } from '../../../gateway/firehose/create-token-bucket.ts'
import { runStream, type StreamEnd } from '../../../gateway/firehose/run-stream.ts'
import type { StreamBatch } from '../../../gateway/firehose/stream-batch.ts'
import type { Page, StreamedMessage } from '../../../workers/firehose/journal/read-messages.ts'

/** A batch that was sent, and when. */
export interface SentBatch extends StreamBatch {
  readonly atMs: number
}

/** A stream by a clock of its own, over messages in memory. */
export interface SimulatedStream {
  readonly sent: readonly SentBatch[]
  readonly reads: () => number
  /** Lets so much time pass, moment by moment. */
  pass(ms: number): Promise<void>
  append(messages: readonly StreamedMessage[]): void
  /** Whether the client takes what is written. */
  setTaking(isTaking: boolean): void
  /** What reading fails with; `undefined` when it works again. */
  setFailure(failure: Error | undefined): void
  close(): void
  readonly end: Promise<StreamEnd>
}

/** Messages in a page of the journal in memory. */
const pageMessages = 100

/** Starts a stream at 0 ms. */
export function simulateStream(
  options: {
    maxRate?: number
    maxBatch?: number
    expiresAtMs?: number
    types?: string[]
    unwritable?: bigint
  } = {},
): SimulatedStream {
  const { maxRate = Infinity, maxBatch = 500, expiresAtMs = Infinity, types, unwritable } = options
  const state = { nowMs: 0, reads: 0, isTaking: true, failure: undefined as Error | undefined }
  const timers = new Set<{ atMs: number; readonly call: () => void }>()
  const kept: StreamedMessage[] = []
  const sent: SentBatch[] = []
  const bell = createBell()
  let tell: () => void = () => undefined
  let closed: string | undefined
  let taken = Promise.withResolvers<undefined>()
  const now = () => state.nowMs
  const addTimer = (atMs: number, call: () => void) => {
    const timer = { atMs, call }
    timers.add(timer)
    return timer
  }

  const end = runStream(
    {
      ...{ clientId: 'client', position: 0n, maxBatch, expiresAtMs, bell },
      filters: types === undefined ? {} : { types: new Set(types) },
      bucket: createTokenBucket(maxRate, now),
      encode: (batch) => {
        if (batch.messages.some(({ offset }) => offset === unwritable)) throw new TypeError('no')
        sent.push({ ...batch, atMs: state.nowMs })
        return Buffer.alloc(1)
      },
      sink: {
        closed: () => closed,
        async write() {
          if (!state.isTaking) await taken.promise
        },
      },
      ending: () => undefined,
    },
    {
      journal: {
        bounds: () => Promise.reject(new Error('it is not asked for')),
        read(_clientId, after): Promise<Page> {
          state.reads += 1
          if (state.failure !== undefined) return Promise.reject(state.failure)
          const messages = kept.slice(Number(after), Number(after) + pageMessages)
          const lastOffset = messages.at(-1)?.offset ?? after
          return Promise.resolve({ messages, lastOffset, hasMore: lastOffset < kept.length })
        },
      },
      news: {
        subscribe(_clientId, onNews) {
          tell = onNews
          return () => (tell = () => undefined)
        },
      },
      alarms: {
        add(ring) {
          const timer = addTimer(Infinity, ring)
          return {
            set: (atMs) => void (timer.atMs = atMs),
            remove: () => timers.delete(timer),
          }
        },
      },
      now,
      after(delayMs, call) {
        const timer = addTimer(state.nowMs + delayMs, call)
        return () => timers.delete(timer)
      },
      onSent: () => undefined,
      onFailure: () => undefined,
    },
  )
  return {
    ...{ sent, end },
    reads: () => state.reads,
    async pass(ms) {
      const untilMs = state.nowMs + ms
      for (;;) {
        await setImmediate()
        const due = [...timers].sort((a, b) => a.atMs - b.atMs)[0]
        if (due === undefined || due.atMs > untilMs) break
        state.nowMs = Math.max(state.nowMs, due.atMs)
        due.atMs = Infinity
        due.call()
      }
      state.nowMs = untilMs
      await setImmediate()
    },
    append(messages) {
      for (const message of messages) kept.push(message)
      tell()
    },
    setTaking(isTaking) {
      state.isTaking = isTaking
      if (!isTaking) return
      taken.resolve(undefined)
      taken = Promise.withResolvers()
    },
    setFailure: (failure) => void (state.failure = failure),
    close() {
      closed = 'gone'
      taken.resolve(undefined)
      bell.ring()
    },
  }
}

/** Messages with the offsets from `from`. */
export function simulatedMessages(count: number, from = 1, type = 'a'): StreamedMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    offset: BigInt(from + index),
    ...{ type, correlationId: 'case', json: Buffer.from(`{"id":"${from + index}"}`) },
  }))
}
