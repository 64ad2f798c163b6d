import type { IncomingMessage } from 'node:http'
import { FirehoseError } from './firehose-error.ts'
import { createLineSplitter } from './split-lines.ts'

/** A batch is about 256 KiB, or one message that is larger: the largest that there can be is about 14 MiB. */
const maxLineBytes = 32 * 1024 * 1024

/**
 * The lines of a response, read only as fast as they are taken: what is not taken stays in the socket, and the server waits.
 * Ends with the body; what follows the last newline is no line. Throws `connection-silent` where nothing has come for
 * `silenceMs` while a line was waited for, `connection-ended` where the body is cut, and `line-too-long`. Leaving it closes
 * the connection.
 */
export async function* readLines(
  response: IncomingMessage,
  silenceMs: number,
): AsyncGenerator<string, void, undefined> {
  const split = createLineSplitter(maxLineBytes)
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let isWaiting = false
  const silence = new FirehoseError('connection-silent', `nothing has come for ${silenceMs} ms`, {
    retryable: true,
  })
  // Time that the reader takes for itself is no silence of the server's.
  const timer = setTimeout(() => {
    if (isWaiting) response.destroy(silence)
  }, silenceMs)
  const nextChunk = async () => {
    isWaiting = true
    timer.refresh()
    try {
      return await chunks.next()
    } catch (cause) {
      if (cause === silence) throw silence
      throw new FirehoseError('connection-ended', 'the connection was cut', {
        retryable: true,
        cause,
      })
    } finally {
      isWaiting = false
    }
  }
  try {
    for (let chunk = await nextChunk(); chunk.done !== true; chunk = await nextChunk()) {
      yield* split(chunk.value)
    }
  } finally {
    clearTimeout(timer)
    response.destroy()
  }
}
