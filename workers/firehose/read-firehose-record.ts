import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import type { ClientKey } from '../../lib/client-keys/seal-content.ts'
import { readEnvelope, type CompleteEnvelope } from '../../lib/envelope/read-envelope.ts'
import { renderMessage } from '../../lib/envelope/render-message.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { JournalRecord } from '../../lib/journal/create-journal-handler.ts'
import { toJournalRecord } from '../../lib/journal/to-journal-record.ts'
import { readFirehoseClaim } from '../../lib/token/read-firehose-claim.ts'
import type { TokenVerifier, VerifiedToken } from '../../lib/token/verified-token.ts'
import { verifyConsumedToken } from '../../lib/token/verify-consumed-token.ts'
import type { NewMessage } from './journal/new-message.ts'

/** Reads the value of a record that was written then. Throws what is retryable only. */
export type FirehoseRecordReader = (
  value: Uint8Array,
  writtenAt: Date,
) => Promise<JournalRecord<NewMessage>>

/** Creates the reader of records: those whose token held the claim of the firehose are for the stream of its client. */
export function createFirehoseRecordReader(dependencies: {
  verifier: TokenVerifier
  keys: Pick<ClientKeys, 'keyFor'>
  onMalformedClaim?: (clientId: string, error: IpsError) => void
}): FirehoseRecordReader {
  const { verifier, keys, onMalformedClaim } = dependencies
  const claims = new WeakMap<VerifiedToken, boolean>()

  /** Once for each token. */
  const hasClaim = (token: VerifiedToken) => {
    const known = claims.get(token)
    if (known !== undefined) return known
    const claim = readFirehoseClaim(token.rights, (_claim, error) =>
      onMalformedClaim?.(token.clientId, error),
    )
    claims.set(token, claim !== undefined)
    return claim !== undefined
  }

  const read = async (value: Uint8Array, writtenAt: Date): Promise<JournalRecord<NewMessage>> => {
    const complete = readEnvelope(value)
    const { envelope, ingestedAt } = complete
    const token = await verifyConsumedToken(verifier, { token: envelope.token, ingestedAt })
    if (!hasClaim(token)) return { outcome: 'ignore', reason: 'no-claim' }
    const key = await keys.keyFor(token.clientId)
    return { outcome: 'journal', item: toMessage(complete, key, writtenAt) }
  }
  return (value, writtenAt) => toJournalRecord(read(value, writtenAt))
}

function toMessage(complete: CompleteEnvelope, key: ClientKey, writtenAt: Date): NewMessage {
  const { messageId, correlationId } = complete.envelope
  // PostgreSQL's text cannot hold it; no client's message has it.
  if (messageId.includes('\0'))
    throw new IpsError('envelope-malformed', 'the id of the message has a zero byte')
  const rendered = renderMessage(complete, writtenAt)
  return {
    key,
    messageId,
    type: rendered.type,
    correlationId,
    json: Buffer.from(JSON.stringify({ id: messageId, ...rendered })),
  }
}
