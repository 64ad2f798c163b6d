import type { Page, StreamedMessage } from '../../workers/firehose/journal/read-messages.ts'
import type { StreamBatch } from './stream-batch.ts'
import type { StreamFilters } from './read-stream-request.ts'

/** A line of about this size is large enough to be cheap, and small enough to be held for each stream. */
const maxBatchBytes = 256 * 1024

/** What was read for one stream and not sent yet. */
export interface BatchQueue {
  /** How far the stream has come. */
  readonly position: () => bigint
  readonly isEmpty: () => boolean
  /** Takes a page that was read behind the one before. Only where the queue is empty. */
  fill(page: Page): void
  /** How many messages the next batch can have. */
  readonly wanted: () => number
  /** Takes a batch of so many messages; `count` is at least 1, and not above `wanted`. */
  take(count: number): StreamBatch
}

/**
 * Creates a queue that keeps what the filters let through, in batches of at most `maxBatch` messages and about 256 KiB. Its
 * position is that of the last message taken, and past all that follows it in the page where nothing of that is wanted.
 */
export function createBatchQueue(options: {
  position: bigint
  maxBatch: number
  filters: StreamFilters
}): BatchQueue {
  const { maxBatch, filters } = options
  let { position } = options
  let messages: readonly StreamedMessage[] = []
  let next = 0
  let pageEnd = position

  const wanted = () => {
    const most = Math.min(messages.length, next + maxBatch)
    let bytes = 0
    let end = next
    while (end < most && (bytes < maxBatchBytes || end === next)) {
      bytes += messages[end]?.json.length ?? 0
      end += 1
    }
    return end - next
  }
  const isEmpty = () => next === messages.length
  const forgetWhenEmpty = () => {
    if (!isEmpty()) return
    position = pageEnd
    messages = []
    next = 0
  }
  return {
    ...{ isEmpty, wanted },
    position: () => position,
    fill(page) {
      messages = page.messages.filter((message) => isWanted(message, filters))
      next = 0
      pageEnd = page.lastOffset
      forgetWhenEmpty()
    },
    take(count) {
      const taken = messages.slice(next, next + count)
      next += count
      position = taken.at(-1)?.offset ?? position
      forgetWhenEmpty()
      return { messages: taken, lastOffset: position }
    },
  }
}

function isWanted(
  { type, correlationId }: StreamedMessage,
  { types, correlationIds }: StreamFilters,
): boolean {
  return (types?.has(type) ?? true) && (correlationIds?.has(correlationId) ?? true)
}
