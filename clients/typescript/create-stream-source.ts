import type { FirehoseBatch } from './firehose-batch.ts'
import { FirehoseError } from './firehose-error.ts'
import type { FirehoseOptions } from './firehose-options.ts'
import { openStream } from './open-stream.ts'
import { readLines } from './read-lines.ts'

/** A stream that is read over one connection after the other. */
export interface StreamSource {
  /**
   * Reads over one connection, behind the last batch that there was, for as long as it lasts. `onSuccess` is called when the
   * stream goes on after its beginning. Ends where another connection goes on at once; otherwise throws `FirehoseError`, or as
   * it likes where the signal has ended it.
   */
  readOnce(onSuccess: () => void): AsyncGenerator<FirehoseBatch, void, undefined>
}

/** Three heartbeats, and some time to spare. */
const usualSilenceMs = 35_000

/** Creates a source; nothing is asked of the server yet. */
export function createStreamSource(options: FirehoseOptions, signal: AbortSignal): StreamSource {
  const { url, maxRate, maxBatch, filters, silenceMs = usualSilenceMs } = options
  let { lastOffset } = options
  let token: string | undefined

  const open = async () => {
    const isNew = token === undefined
    token ??= await getToken(options.token, signal)
    try {
      const body = { lastOffset, maxRate, maxBatch, filters }
      return await openStream({ ...{ url, token, body, signal } })
    } catch (error) {
      const isRefused = error instanceof FirehoseError && [401, 403].includes(error.status ?? 0)
      if (isNew || !isRefused) throw error
      token = undefined
      return open()
    }
  }
  return {
    async *readOnce(onSuccess) {
      let hasBegun = false
      let goesOn = false
      for await (const text of readLines(await open(), silenceMs)) {
        signal.throwIfAborted()
        const { end, ...batch } = parseLine(text)
        lastOffset = batch.lastOffset
        if (batch.messages.length > 0 || (hasBegun && end === undefined)) {
          goesOn = true
          onSuccess()
        }
        hasBegun = true
        yield batch
        if (end === undefined) continue
        if (end === 'token-expired') token = undefined
        // A token that is too old when it comes would be asked for again and again.
        if (end === 'token-expired' && goesOn) return
        throw errorOfEnd(end)
      }
      throw new FirehoseError('connection-ended', 'the stream ends without a last line', {
        retryable: true,
      })
    },
  }
}

/**
 * What another connection does not mend. Everything else passes or is repaired by an operator; of `offset-removed` the answer to
 * the next request says what is kept.
 */
const lastingEnd = 'client-erased'

function errorOfEnd(end: string): FirehoseError {
  return new FirehoseError(end, `the server has ended the stream: ${end}`, {
    retryable: end !== lastingEnd,
  })
}

function parseLine(text: string): FirehoseBatch & { readonly end?: string } {
  try {
    return JSON.parse(text) as FirehoseBatch & { readonly end?: string }
  } catch (cause) {
    throw new FirehoseError('line-malformed', 'a line is not JSON', { cause })
  }
}

async function getToken(get: () => Promise<string>, signal: AbortSignal): Promise<string> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([get(), aborted.promise])
  } catch (cause) {
    signal.throwIfAborted()
    const { message } = cause instanceof Error ? cause : { message: String(cause) }
    const retryable = !(cause instanceof Error && 'retryable' in cause && cause.retryable === false)
    throw new FirehoseError('token-unavailable', `no token: ${message}`, { retryable, cause })
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
