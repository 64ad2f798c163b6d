import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { FoundTransaction, MissingMessage } from '../../workers/summary/find-transaction.ts'
import { claimsOf } from './claims-of.ts'
import type { TransactionOperations } from './transaction-operations.ts'
import { reportTransactions, type TransactionReport } from './transaction-report.ts'

/** A transaction with what its newest revision says, and what is missing now. */
export interface ShownTransaction extends TransactionReport {
  /** Of the newest revision; `null` before the first. */
  readonly people: readonly ShownPerson[] | null
  /** Of the newest revision; `null` before the first. */
  readonly texts: readonly ShownText[] | null
  /** Of the newest revision, none where no token asks for them; `null` before the first. */
  readonly agreements: readonly ShownAgreement[] | null
  /** Terminal messages that images lack now. */
  readonly missingMessages: readonly MissingMessage[]
}

/** A person of a transaction. */
export interface ShownPerson {
  readonly personId: string
  readonly faces: readonly {
    readonly imageId: string
    readonly index: number
    /** Its mean cosine to the person's other faces. */
    readonly similarity: number
  }[]
  /** `null` where there is no other person to compare with. */
  readonly margin: number | null
}

/** What was read in several images. */
export interface ShownAgreement {
  readonly text: string
  /** Below 1 where it was not read in the same way everywhere. */
  readonly score: number
  readonly occurrences: readonly {
    readonly imageId: string
    readonly line: number
    readonly text: string
  }[]
}

/** The text of an image. */
export interface ShownText {
  readonly imageId: string
  readonly text: string
}

/**
 * Says how a transaction stands, also while Temporal is away. Throws what `findTransaction` throws, and
 * `IpsError('journal-unavailable')`, retryable.
 */
export async function showTransaction(
  operations: TransactionOperations,
  key: TransactionKey,
): Promise<ShownTransaction> {
  const found = await findTransaction(operations, key)
  const [report] = await reportTransactions(operations, [found])
  if (report === undefined) throw new TypeError('no report')
  const { summary, missing } = found
  return {
    ...report,
    people: summary?.people.map(shownPerson) ?? null,
    texts: summary?.texts.map(({ imageId, text }) => ({ imageId, text })) ?? null,
    agreements: summary?.agreements.map(shownAgreement) ?? null,
    missingMessages: missing,
  }
}

function shownAgreement({ text, score, occurrences }: ShownAgreement): ShownAgreement {
  return {
    ...{ text, score },
    occurrences: occurrences.map(({ imageId, line, text: read }) => ({
      imageId,
      line,
      text: read,
    })),
  }
}

/**
 * Finds a transaction. Throws `IpsError('client-unknown')`, `IpsError('transaction-unknown')`, or
 * `IpsError('transaction-expired')` where the journal has removed it.
 */
export async function findTransaction(
  operations: Pick<TransactionOperations, 'journal' | 'findClaims'>,
  key: TransactionKey,
): Promise<FoundTransaction> {
  const found = await operations.journal.find(key)
  const { clientId, correlationId } = key
  if (found === 'expired') {
    throw new IpsError(
      'transaction-expired',
      `${correlationId} of ${clientId} has ended, and what it held is removed: that is kept for 7 days after its window`,
    )
  }
  if (found !== undefined) return found
  await claimsOf(operations, clientId)
  throw new IpsError(
    'transaction-unknown',
    `${clientId} has no transaction ${correlationId}: one begins with the first result of one of its images`,
  )
}

type Person = NonNullable<FoundTransaction['summary']>['people'][number]

function shownPerson({ personId, faces, margin }: Person): ShownPerson {
  return {
    personId,
    faces: faces.map(({ imageId, index, similarity }) => ({ imageId, index, similarity })),
    margin: margin ?? null,
  }
}
