import type { FirehoseMessage } from './firehose-batch.ts'
import type { FirehoseOptions } from './firehose-options.ts'
import { readBatches } from './read-batches.ts'

/**
 * Reads a client's stream message by message, in order and without end; see `readBatches`. Whoever stores a message's `offset`
 * with what it has made of the message, and begins with it as `lastOffset` the next time, handles each message once.
 */
export async function* readFirehose(
  options: FirehoseOptions,
): AsyncGenerator<FirehoseMessage, void, undefined> {
  for await (const { messages } of readBatches(options)) {
    for (const message of messages) {
      if (options.signal?.aborted === true) return
      yield message
    }
  }
}
