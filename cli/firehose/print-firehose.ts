import type { FirehoseOptions } from '../../clients/typescript/firehose-options.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { fetchToken } from '../../lib/token/fetch-token.ts'
import { readCredentials } from '../clients/credentials-file.ts'
import type { Setup } from '../setup/read-setup.ts'
import { note } from '../terminal.ts'
import { printStream } from './print-stream.ts'

/** What `racc firehose` was told, as it was written. */
export interface StreamSelection {
  readonly from: string
  readonly until?: string
  readonly types?: readonly string[]
  readonly correlation?: readonly string[]
  readonly maxRate?: string
}

/**
 * Prints the stream of a client of this set-up; ends behind `until`. Throws `IpsError`: `offset-invalid`, `rate-invalid`, why there
 * is no token, and what `printStream` throws.
 */
export async function printFirehose(
  setup: Setup,
  name: string,
  { from, until, types, correlation, maxRate }: StreamSelection,
): Promise<void> {
  for (const offset of [from, until ?? '0']) checkOffset(offset)
  const rate = maxRate === undefined ? undefined : readRate(maxRate)
  const { clientId, clientSecret } = await readCredentials(setup.home, name)
  const url = `http://127.0.0.1:${setup.ports.gateway}`
  const getToken = async () => (await fetchToken({ baseUrl: url, clientId, clientSecret })).token
  // Whoever asks a system that is not there wants to hear that, and not to wait for it.
  const firstTokens = [await getToken()]
  const options: FirehoseOptions = {
    url,
    token: () => Promise.resolve(firstTokens.pop() ?? getToken()),
    lastOffset: from,
    maxRate: rate,
    filters: { types, correlationIds: correlation },
    onRetry: ({ message }, delayMs) =>
      note(`racc: ${message}: trying again in ${(delayMs / 1000).toFixed(1)} s`),
  }
  await printStream(options, until, process.stdout)
}

function checkOffset(text: string): void {
  if (text === 'latest' || /^\d+$/.test(text)) return
  throw new IpsError('offset-invalid', `${text} is no offset: a whole number from 0, or latest`)
}

function readRate(text: string): number {
  const rate = Number(text)
  if (rate > 0) return rate
  throw new IpsError('rate-invalid', `${text} is no rate: messages per second, above 0`)
}
