import { setTimeout } from 'node:timers/promises'
import { createStreamSource } from './create-stream-source.ts'
import type { FirehoseBatch } from './firehose-batch.ts'
import { FirehoseError } from './firehose-error.ts'
import type { FirehoseOptions } from './firehose-options.ts'
import { createRetries } from './create-retries.ts'

/**
 * Reads a client's stream batch by batch, in order and without end: it connects again when the connection is lost, and goes on
 * behind the last whole batch, so that no message is missed, and none comes twice. Reads ahead no more than one batch. Heartbeats
 * are batches too. Throws `FirehoseError`: what the server refuses (400, 403, 410 with `oldestOffset`, a new token that is not
 * taken), and what does not pass within `retry.forMs`.
 */
export async function* readBatches(
  options: FirehoseOptions,
): AsyncGenerator<FirehoseBatch, void, undefined> {
  const { signal = new AbortController().signal, onRetry } = options
  const retries = createRetries(options.retry ?? {}, {
    now: () => performance.now(),
    random: Math.random,
  })
  const source = createStreamSource(options, signal)
  try {
    while (!signal.aborted) {
      try {
        yield* source.readOnce(() => retries.succeed())
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof FirehoseError) || !error.retryable) throw error
        const delayMs = retries.delayAfterFailure(error.retryAfterMs)
        if (delayMs === undefined) throw error
        onRetry?.(error, delayMs)
        await setTimeout(delayMs, undefined, { signal })
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
