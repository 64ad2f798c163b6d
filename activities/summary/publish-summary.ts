import { create } from '@bufbuild/protobuf'
import { timestampFromDate, type Any } from '@bufbuild/protobuf/wkt'
import { summaryMessageIdOf } from '../../lib/envelope/message-ids.ts'
import { writeEnvelope } from '../../lib/envelope/read-envelope.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { maxBatchBytesOf, recordBytes } from '../../lib/kafka/record-size.ts'
import { continueTrace } from '../../lib/telemetry/trace-context.ts'
import { withReadableFailures } from '../../lib/temporal/to-application-failure.ts'
import { maxRecordBytes, topics } from '../../lib/topology.ts'
import { EnvelopeSchema } from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { State } from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import { composeSummary } from './compose-summary.ts'
import { packSummary } from './pack-summary.ts'
import type { TransactionKey, TransactionRecord } from './transaction-record.ts'

/** Which revision, decided when (workflow time, in ms). */
export interface PublishSummaryInput extends TransactionKey {
  readonly revision: number
  readonly decidedAtMs: number
}

/** What a workflow learns of its revision. */
export interface DecidedRevision {
  readonly outcome: 'complete' | 'partial'
  readonly revision: number
  /** Messages that were in the journal when it was decided. */
  readonly messages: number
  /** An earlier try had decided it: what the workflow has heard of since is not in it. */
  readonly isRepeated?: boolean
}

/** The record of a revision in one version of the protocol. */
export interface SummaryRecord {
  readonly version: string
  readonly value: Uint8Array
}

/** A revision with its records, oldest version first. */
export interface StoredRevision extends DecidedRevision {
  readonly records: readonly SummaryRecord[]
}

/** What the workflow calls. */
export interface SummaryActivities {
  /**
   * Decides a revision, once for ever, and writes it to `summary-1`, in each version that the transaction's tokens ask for.
   * Idempotent: a repeated call writes the same bytes under the same message ids. Returns `null` where the transaction's
   * journal is gone. Throws what its dependencies throw, where no other try helps as a non-retryable failure of the error's
   * code.
   */
  publishSummary(input: PublishSummaryInput): Promise<DecidedRevision | null>
  /**
   * Tells the journal that an operator has moved a transaction's end to `untilMs`, so that it keeps the transaction until
   * then, and for late results. Idempotent; an end only moves to later. Throws as `publishSummary` does.
   */
  noteExtension(extension: TransactionKey & { readonly untilMs: number }): Promise<void>
}

/** What the activities need. */
export interface SummaryActivitiesDependencies {
  /**
   * Returns the revision where it is decided; else decides it with `compose`, on everything that is in the journal, and
   * keeps it. Nothing enters the journal in between. `null` where there is no such transaction.
   */
  decideRevision(
    key: TransactionKey,
    revision: number,
    compose: (record: TransactionRecord) => Promise<Omit<StoredRevision, 'messages' | 'revision'>>,
  ): Promise<StoredRevision | null>
  /** Resolves when the record is durable. */
  writeSummary(key: TransactionKey, value: Uint8Array): Promise<void>
  markPublished(key: TransactionKey, revision: number): Promise<void>
  /** Makes a transaction's window end at `untilMs` at the earliest. */
  extendWindow(key: TransactionKey, untilMs: number): Promise<void>
  /** Called after each publication. */
  onPublished(input: PublishSummaryInput, decided: DecidedRevision): void
  /** Called where no other try helps, until somebody repairs something. */
  onUnusable(key: TransactionKey, error: IpsError): void
}

/** Room for the token and the other members of the envelope. */
const maxSummaryBytes = maxRecordBytes - 256 * 1024

/** Creates the activities of the summary workflow. */
export function createSummaryActivities(
  dependencies: SummaryActivitiesDependencies,
): SummaryActivities {
  return withReadableFailures({
    publishSummary: (input: PublishSummaryInput) =>
      withoutUselessTries(input, dependencies, () => publish(input, dependencies)),
    noteExtension: ({ clientId, correlationId, untilMs }) =>
      withoutUselessTries({ clientId, correlationId }, dependencies, () =>
        dependencies.extendWindow({ clientId, correlationId }, untilMs),
      ),
  })
}

/**
 * What passes is an `IpsError` that says so; anything else is a fault of this transaction's data or of this code, which the
 * same call never gets over: an operator sees it instead.
 */
async function withoutUselessTries<T>(
  { clientId, correlationId }: TransactionKey,
  { onUnusable }: Pick<SummaryActivitiesDependencies, 'onUnusable'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const error = cause instanceof IpsError ? cause : unusable(cause)
    if (!error.retryable) onUnusable({ clientId, correlationId }, error)
    throw error
  }
}

function unusable(cause: unknown): IpsError {
  return new IpsError(
    'transaction-unusable',
    'what the journal holds of the transaction cannot be used',
    { cause },
  )
}

async function publish(
  input: PublishSummaryInput,
  dependencies: SummaryActivitiesDependencies,
): Promise<DecidedRevision | null> {
  const { clientId, correlationId, revision } = input
  const key = { clientId, correlationId }
  const stored = await dependencies.decideRevision(key, revision, async (record) => {
    try {
      return await composeRecords(input, record)
    } catch (cause) {
      // The store must not take it for an outage of its own.
      throw cause instanceof IpsError ? cause : unusable(cause)
    }
  })
  if (stored === null) return null
  for (const { value } of stored.records) await dependencies.writeSummary(key, value)
  await dependencies.markPublished(key, revision)
  const { records: _records, ...decided } = stored
  dependencies.onPublished(input, decided)
  return decided
}

async function composeRecords(input: PublishSummaryInput, record: TransactionRecord) {
  const { clientId, correlationId, revision, decidedAtMs } = input
  const key = { clientId, correlationId }
  const decidedAt = new Date(decidedAtMs)
  const summary = await composeSummary(key, record, { revision, decidedAt })
  return {
    outcome: summary.state === State.COMPLETE ? ('complete' as const) : ('partial' as const),
    records: record.versions.map((version) => {
      const messageId = summaryMessageIdOf({ ...key, revision, version })
      const value = writeRecord(
        record,
        { correlationId, messageId },
        packSummary(version, summary, maxSummaryBytes),
      )
      checkSize(clientId, value)
      return { version, value }
    }),
  }
}

function writeRecord(
  { token, tokenIngestedAt, traceparent, announced, synthetic }: TransactionRecord,
  ids: { readonly correlationId: string; readonly messageId: string },
  payload: Any,
): Uint8Array {
  return writeEnvelope(
    create(EnvelopeSchema, {
      ...ids,
      ...{ token, payload, synthetic },
      ingestedAt: timestampFromDate(tokenIngestedAt),
      traceparent: continueTrace(traceparent),
      announcedImages: announced,
    }),
  )
}

/** Before it is decided: a decided revision that Kafka never takes could neither be published nor be replaced. */
function checkSize(key: string, value: Uint8Array): void {
  const bytes = recordBytes({ key, value })
  if (bytes <= maxBatchBytesOf(topics.summary.name)) return
  throw new IpsError('record-too-large', `a summary of ${bytes} bytes is too large for its topic`)
}
