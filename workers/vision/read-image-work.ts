import { fromBinary } from '@bufbuild/protobuf'
import { anyIs } from '@bufbuild/protobuf/wkt'
import { readEnvelope } from '../../lib/envelope/read-envelope.ts'
import { shortTypeName } from '../../lib/envelope/payload-registry.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Envelope } from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { IngestedImageSchema } from '../../proto/gen/com/reactivearchitecturecookbook/ingest-v1m0_pb.ts'
import { readSummaryClaim } from '../../lib/token/read-summary-claim.ts'
import { selectUsable } from '../../lib/token/select-usable.ts'
import type { TokenVerifier } from '../../lib/token/verified-token.ts'
import { verifyConsumedToken } from '../../lib/token/verify-consumed-token.ts'
import type { VersionRequest, VisionService } from './define-vision-service.ts'

/** What a record of `ingest-1` asks of one service. */
export interface ImageWork {
  readonly clientId: string
  readonly envelope: Envelope
  /** The image as it was posted: a view of the record. */
  readonly content: Uint8Array
  /** Empty where the token names no version of the service. */
  readonly requests: readonly VersionRequest<unknown>[]
  /** Whether the token asks for a summary of the transaction. */
  readonly summarised: boolean
}

/** What reading needs. */
export interface ReadImageWorkDependencies<Settings> {
  readonly service: VisionService<Settings>
  readonly verifier: TokenVerifier
  /** A claim has a value that the service cannot read; the claim authorises nothing. */
  readonly onMalformedClaim: (claim: string, error: IpsError, envelope: Envelope) => void
}

/**
 * Reads a record: its envelope, the token (valid when the image was ingested), and the versions that the token asks this
 * service for. Throws `IpsError`, not retryable, where the record is not what the protocol says or its token is no good;
 * retryable where tokens cannot be verified now.
 */
export async function readImageWork<Settings>(
  value: Uint8Array,
  dependencies: ReadImageWorkDependencies<Settings>,
): Promise<ImageWork> {
  const { envelope, payload, ingestedAt } = readEnvelope(value)
  if (!anyIs(payload, IngestedImageSchema) || envelope.imageId === '') {
    throw new IpsError(
      'payload-unexpected',
      `${shortTypeName(payload.typeUrl)} is no ingested image`,
    )
  }
  const { rights, clientId } = await verifyConsumedToken(dependencies.verifier, {
    token: envelope.token,
    ingestedAt,
  })
  const requests = readRequests(rights, envelope, dependencies)
  const summarised = readSummaryClaim(rights) !== undefined
  return { clientId, envelope, content: readContent(payload.value), requests, summarised }
}

function readContent(payload: Uint8Array): Uint8Array {
  try {
    return fromBinary(IngestedImageSchema, payload).content
  } catch (cause) {
    throw new IpsError('payload-unexpected', 'the ingested image cannot be read', { cause })
  }
}

function readRequests<Settings>(
  rights: Readonly<Record<string, unknown>>,
  envelope: Envelope,
  { service, onMalformedClaim }: ReadImageWorkDependencies<Settings>,
): VersionRequest<Settings>[] {
  const served = service.versions.map(({ version }) => version)
  return selectUsable(rights, service.name, served, {
    read: (value) => service.readSettings(value),
    onMalformed: (claim, error) => onMalformedClaim(claim, error, envelope),
  }).map(({ version, value }) => ({ version, settings: value }))
}
