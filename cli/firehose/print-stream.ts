import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { FirehoseError } from '../../clients/typescript/firehose-error.ts'
import type { FirehoseOptions } from '../../clients/typescript/firehose-options.ts'
import { readBatches } from '../../clients/typescript/read-batches.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'

/**
 * Writes a stream's messages, one JSON object a line, as fast as the output takes them. Ends behind the offset `until`; `latest`
 * is the one that is the last when it begins. Without it there is no end. Throws `IpsError` with the code of the client's
 * `FirehoseError`.
 */
export async function printStream(
  options: FirehoseOptions,
  until: string | undefined,
  output: Writable,
): Promise<void> {
  try {
    const last = await readEnd(options, until)
    for await (const { messages, lastOffset } of readBatches(options)) {
      const wanted = messages.filter(({ offset }) => last === undefined || BigInt(offset) <= last)
      const text = wanted.map((message) => `${JSON.stringify(message)}\n`).join('')
      if (text !== '' && !output.write(text)) await once(output, 'drain')
      if (last !== undefined && BigInt(lastOffset) >= last) return
    }
  } catch (error) {
    if (error instanceof FirehoseError) throw toIpsError(error)
    throw error
  }
}

async function readEnd(
  options: FirehoseOptions,
  until: string | undefined,
): Promise<bigint | undefined> {
  if (until !== 'latest') return until === undefined ? undefined : BigInt(until)
  // A stream begins with a heartbeat, which says how far there is something.
  for await (const { lastOffset } of readBatches({ ...options, lastOffset: 'latest' }))
    return BigInt(lastOffset)
  return undefined
}

function toIpsError(cause: FirehoseError): IpsError {
  const { code, message, retryable, oldestOffset } = cause
  const advice =
    oldestOffset === undefined ? '' : ` (here: --from ${(BigInt(oldestOffset) - 1n).toString()})`
  return new IpsError(code, `${message}${advice}`, { retryable, cause })
}
