import { IpsError } from '../../lib/errors/ips-error.ts'
import type { FirehoseReader } from '../../workers/firehose/journal/create-firehose-journal.ts'
import type { Page } from '../../workers/firehose/journal/read-messages.ts'
import type { Alarms } from './create-alarms.ts'
import { createBatchQueue } from './create-batch-queue.ts'
import type { Bell } from './create-bell.ts'
import type { TokenBucket } from './create-token-bucket.ts'
import type { StreamFilters } from './read-stream-request.ts'
import type { EncodeBatch, StreamBatch } from './stream-batch.ts'

/** Where a stream is written to. */
export interface StreamSink {
  /** Resolves when more can be written, or when nothing can any more. */
  write(chunk: Uint8Array): Promise<void>
  /** Why nothing more can be written; `undefined` while it can. */
  readonly closed: () => string | undefined
}

/** One stream. */
export interface Stream {
  readonly clientId: string
  /** The offset that it begins behind. */
  readonly position: bigint
  readonly maxBatch: number
  readonly filters: StreamFilters
  readonly bucket: TokenBucket
  /** When its token expires, by the clock of the dependencies. */
  readonly expiresAtMs: number
  readonly encode: EncodeBatch
  readonly sink: StreamSink
  /** Rung by others too: when the sink has closed, or when the stream is to end. */
  readonly bell: Bell
  /** Why the server ends the stream; `undefined` while it does not. */
  readonly ending: () => string | undefined
}

/** Tells that something may have been appended for a client. */
export interface StreamNews {
  subscribe(clientId: string, onNews: () => void): () => void
}

/** What streams share. */
export interface StreamDependencies {
  readonly journal: Pick<FirehoseReader, 'bounds' | 'read'>
  readonly news: StreamNews
  readonly alarms: Alarms
  /** Monotonic, in milliseconds. */
  readonly now: () => number
  /** Calls back once after so many milliseconds; returns how to cancel it. */
  readonly after: (delayMs: number, call: () => void) => () => void
  readonly onSent: (batch: StreamBatch, bytes: number) => void
  readonly onFailure: (error: unknown, clientId: string) => void
}

/** How a stream has ended, and where. */
export interface StreamEnd {
  readonly reason: string
  readonly lastOffset: bigint
}

/** A client that has heard nothing for some such intervals knows that the connection is dead. */
const heartbeatMs = 10_000
/** So much earlier it learns that the stream has come further past what its filters do not want. */
const progressMs = 1_000
/** What one read brings at most, but for a message that is larger by itself: held for each stream that is sending. */
const maxReadBytes = 256 * 1024
/** Before the journal is read again after a failure. */
const retryMs = 1_000

/**
 * Writes a stream until it ends: when the sink closes, the token expires, the server says so, or a failure is of a kind that no
 * repetition mends. Begins with a heartbeat. Every end but the sink's own is said in a last batch. While the last batch of a page
 * is written the next page is read, and nothing more: a stream holds a page and a batch at most, an idle one nothing. Never
 * rejects.
 */
export async function runStream(stream: Stream, deps: StreamDependencies): Promise<StreamEnd> {
  const queue = createBatchQueue(stream)
  const source = createSource(stream, deps)
  const alarm = deps.alarms.add(() => stream.bell.ring())
  let sentAtMs = -Infinity
  let sentOffset = queue.position()
  const heartbeatAtMs = () =>
    sentAtMs + (queue.position() === sentOffset ? heartbeatMs : progressMs)
  const send = async (batch: StreamBatch) => {
    const chunk = stream.encode(batch)
    await stream.sink.write(chunk)
    deps.onSent(batch, chunk.length)
    sentAtMs = deps.now()
    sentOffset = batch.lastOffset
  }
  const endOf = () =>
    stream.sink.closed() ??
    (deps.now() >= stream.expiresAtMs ? 'token-expired' : undefined) ??
    stream.ending()

  /** Resolves with the reason where the stream is to end. */
  const step = async (): Promise<string | undefined> => {
    const end = endOf()
    if (end !== undefined) return end
    if (deps.now() >= heartbeatAtMs()) {
      await send({ messages: [], lastOffset: queue.position() })
      return
    }
    if (queue.isEmpty() && source.isDue()) {
      queue.fill(await source.read(queue.position()))
      return
    }
    const wanted = queue.wanted()
    const waitMs = wanted === 0 ? Infinity : stream.bucket.waitMs(wanted)
    if (waitMs === 0) {
      const batch = queue.take(stream.bucket.take(wanted))
      const sending = send(batch)
      const reading = queue.isEmpty() && source.isDue() ? source.read(batch.lastOffset) : undefined
      const page = await afterBoth(sending, reading)
      if (page !== undefined) queue.fill(page)
      return
    }
    const readAtMs = wanted === 0 ? source.dueAtMs() : Infinity
    alarm.set(Math.min(heartbeatAtMs(), stream.expiresAtMs, readAtMs))
    const cancel = waitMs < heartbeatMs ? deps.after(waitMs, () => stream.bell.ring()) : undefined
    await stream.bell.wait()
    cancel?.()
    return
  }

  try {
    let reason: string | undefined
    while (reason === undefined) reason = await step().catch(source.reasonOf)
    // What was taken from the queue and could not be sent comes again.
    if (stream.sink.closed() === undefined) {
      await send({ messages: [], lastOffset: sentOffset, end: reason })
    }
    return { reason, lastOffset: sentOffset }
  } finally {
    alarm.remove()
    source.close()
  }
}

/** Waits for both, whichever fails, and then gives what was read. */
async function afterBoth(
  sending: Promise<void>,
  reading: Promise<Page> | undefined,
): Promise<Page | undefined> {
  await Promise.allSettled([sending, reading])
  await sending
  return reading
}

/** Knows when there may be something to read. */
function createSource({ clientId, bell }: Stream, deps: StreamDependencies) {
  let mayHaveMore = true
  let notBeforeMs = 0
  const unsubscribe = deps.news.subscribe(clientId, () => {
    mayHaveMore = true
    bell.ring()
  })
  const dueAtMs = () => (mayHaveMore ? notBeforeMs : Infinity)
  return {
    dueAtMs,
    isDue: () => deps.now() >= dueAtMs(),
    /** Reads on; brings nothing where another try is worth it, which is then due after a while. */
    async read(after: bigint): Promise<Page> {
      // Before it is read: what is appended meanwhile is news.
      mayHaveMore = false
      try {
        const page = await deps.journal.read(clientId, after, { maxBytes: maxReadBytes })
        if (page.hasMore) mayHaveMore = true
        return page
      } catch (error) {
        if (error instanceof IpsError && !error.retryable) throw error
        deps.onFailure(error, clientId)
        mayHaveMore = true
        notBeforeMs = deps.now() + retryMs
        return { messages: [], lastOffset: after, hasMore: false }
      }
    },
    /** Why a failure ends the stream. */
    reasonOf: (error: unknown) => {
      deps.onFailure(error, clientId)
      return error instanceof IpsError ? error.code : 'internal-error'
    },
    close: unsubscribe,
  }
}
