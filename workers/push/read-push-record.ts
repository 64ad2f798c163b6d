import { createHash } from 'node:crypto'
import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import type { ClientKey } from '../../lib/client-keys/seal-content.ts'
import { readEnvelope, type CompleteEnvelope } from '../../lib/envelope/read-envelope.ts'
import { renderMessage } from '../../lib/envelope/render-message.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { JournalRecord } from '../../lib/journal/create-journal-handler.ts'
import { toJournalRecord } from '../../lib/journal/to-journal-record.ts'
import type { PushClaim } from '../../lib/token/claim-schemas.ts'
import { pushClaim } from '../../lib/token/push-claim.ts'
import { readClaim } from '../../lib/token/read-claim.ts'
import type { TokenVerifier, VerifiedToken } from '../../lib/token/verified-token.ts'
import { verifyConsumedToken } from '../../lib/token/verify-consumed-token.ts'
import type { EndpointRow, NewDelivery } from './journal/append-deliveries.ts'
import type { SecretBox } from './journal/create-secret-box.ts'
import { writeEndpointSettings } from './journal/endpoint-settings.ts'
import { sealBody, sealEndpoint } from './journal/sealed-columns.ts'

/** Reads the value of a record that was written then. Throws what is retryable only. */
export type PushRecordReader = (
  value: Uint8Array,
  writtenAt: Date,
) => Promise<JournalRecord<NewDelivery>>

/** An endpoint as a token names it, with the types that it wants. */
interface TokenEndpoint {
  readonly row: EndpointRow
  readonly types: ReadonlySet<string> | undefined
}

/** With what an endpoint's secrets are kept. */
interface Sealing {
  readonly key: ClientKey
  readonly box: Pick<SecretBox, 'fingerprint'>
}

/** Creates the reader of records. What a token says of its endpoint is worked out once for each token. */
export function createPushRecordReader(dependencies: {
  verifier: TokenVerifier
  keys: ClientKeys
  box: Pick<SecretBox, 'fingerprint'>
  clock?: () => Date
  onMalformedClaim?: (clientId: string, error: IpsError) => void
}): PushRecordReader {
  const { verifier, keys, box, clock = () => new Date(), onMalformedClaim } = dependencies
  const endpoints = new WeakMap<VerifiedToken, TokenEndpoint | 'claim-malformed'>()

  const endpointOf = (token: VerifiedToken, key: ClientKey) => {
    const known = endpoints.get(token)
    if (known !== undefined) return known
    const endpoint = readEndpoint(token, { key, box }, onMalformedClaim)
    endpoints.set(token, endpoint)
    return endpoint
  }

  const read = async (value: Uint8Array, writtenAt: Date): Promise<JournalRecord<NewDelivery>> => {
    const complete = readEnvelope(value)
    const { envelope, ingestedAt } = complete
    const token = await verifyConsumedToken(verifier, { token: envelope.token, ingestedAt })
    if (!Object.hasOwn(token.rights, pushClaim)) return { outcome: 'ignore', reason: 'no-claim' }
    const key = await keys.keyFor(token.clientId)
    const endpoint = endpointOf(token, key)
    if (typeof endpoint === 'string') return { outcome: 'ignore', reason: endpoint }
    return toRecord(complete, { endpoint, key, writtenAt, now: clock() })
  }
  return (value, writtenAt) => toJournalRecord(read(value, writtenAt))
}

/** The id of an endpoint: the same for the same client and URL. */
export function endpointIdOf(endpoint: { clientId: string; url: string }): string {
  const text = `${endpoint.clientId}\n${new URL(endpoint.url).href}`
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function readEndpoint(
  token: VerifiedToken,
  sealing: Sealing,
  onMalformedClaim?: (clientId: string, error: IpsError) => void,
): TokenEndpoint | 'claim-malformed' {
  const { clientId, rights, issuedAt } = token
  try {
    const claim = readClaim<'push'>(pushClaim, rights[pushClaim])
    return toEndpoint(claim, issuedAt, sealing)
  } catch (error) {
    if (!(error instanceof IpsError)) throw error
    onMalformedClaim?.(clientId, error)
    return 'claim-malformed'
  }
}

function toEndpoint(claim: PushClaim, tokenIssuedAt: Date, { key, box }: Sealing): TokenEndpoint {
  const { clientId } = key
  const { url, secret, types } = claim
  if (secret === undefined) throw new IpsError('claim-malformed', `${pushClaim}: it has no secret`)
  const endpointId = endpointIdOf({ clientId, url })
  const settings = writeEndpointSettings(claim)
  const row: EndpointRow = {
    endpointId,
    clientId,
    host: new URL(url).host,
    sealed: sealEndpoint(key, endpointId, { url, secret }),
    settings,
    fingerprint: box.fingerprint(`${settings}\n${url}\n${secret}`),
    secretFingerprint: box.fingerprint(secret),
    tokenIssuedAt,
  }
  return { row, types: types === undefined ? undefined : new Set(types) }
}

function toRecord(
  complete: CompleteEnvelope,
  {
    endpoint,
    key,
    writtenAt,
    now,
  }: { endpoint: TokenEndpoint; key: ClientKey; writtenAt: Date; now: Date },
): JournalRecord<NewDelivery> {
  const { messageId, correlationId, imageId, traceparent } = complete.envelope
  const message = renderMessage(complete, writtenAt)
  if (endpoint.types !== undefined && !endpoint.types.has(message.type))
    return { outcome: 'ignore', reason: 'type-unwanted' }
  const texts = [messageId, correlationId, imageId, traceparent, message.type]
  // PostgreSQL's text cannot hold it; no client's message has it.
  if (texts.some((text) => text.includes('\0')))
    throw new IpsError('envelope-malformed', 'a text of the record has a zero byte')
  const { type } = message
  return {
    outcome: 'journal',
    item: {
      endpoint: endpoint.row,
      messageId,
      type,
      correlationId,
      imageId,
      traceparent,
      createdAt: now,
      sealed: sealBody(key, JSON.stringify(message)),
    },
  }
}
