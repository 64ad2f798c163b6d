import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import { limitConcurrency } from '../../lib/process/limit-concurrency.ts'
import type { ListedTransaction } from '../../workers/summary/list-transactions.ts'
import { decide } from '../../workflows/transaction/decide.ts'
import { describeWaiting } from '../../workflows/transaction/describe-waiting.ts'
import {
  transactionStatusQuery,
  type TransactionFailureStatus,
  type TransactionStatus,
} from '../../workflows/transaction/transaction-messages.ts'
import { transactionWorkflowId } from '../../workflows/transaction/transaction-start-options.ts'
import { askWorkflow, asUnreachable, type WorkflowAnswer } from './ask-workflow.ts'
import type { TransactionOperations } from './transaction-operations.ts'

/** A transaction as operators and their programs see it. What is not there is `null`; times are RFC 3339. */
export interface TransactionReport {
  readonly clientId: string
  readonly transactionId: string
  /** `failed`: open, and its summary could not be published. */
  readonly state: TransactionReportState
  /** The newest revision; 0 before the first. */
  readonly revision: number
  readonly images: number
  readonly completeImages: number
  /** `null` where no count was announced. */
  readonly announced: number | null
  /** Terminal messages that its images lack. */
  readonly missing: number
  /** Images that were announced and never seen. */
  readonly missingImages: number
  /** When its first image was ingested. */
  readonly since: string
  /** When something of it came last. */
  readonly changedAt: string
  readonly decidedAt: string | null
  /** When the next revision comes where nothing comes before. */
  readonly endsAt: string | null
  /** What it waits for: sentences. */
  readonly waitsFor: string | null
  readonly failure: TransactionFailureStatus | null
  /** Whether its workflow runs, and answers; `unreachable` where Temporal does not, `unasked` where it was not asked. */
  readonly workflow: TransactionWorkflowState
}

export const transactionStates = ['open', 'complete', 'partial', 'failed'] as const
export type TransactionReportState = (typeof transactionStates)[number]

export type TransactionWorkflowState = 'answers' | 'silent' | 'none' | 'unreachable' | 'unasked'

type Answer =
  | WorkflowAnswer<TransactionStatus>
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'unasked' }

/** A question costs the server some milliseconds. */
const concurrency = 8
/** A list that is longer is not for waiting. */
const maxAsked = 200

/**
 * Completes what the journal says of transactions: what those that are open wait for is known to their workflows. Does not
 * throw where Temporal or the summary processes are away: then it is told from the journal.
 */
export function reportTransactions(
  operations: Pick<TransactionOperations, 'client' | 'now'>,
  listed: readonly ListedTransaction[],
): Promise<TransactionReport[]> {
  const limit = limitConcurrency(concurrency)
  const askable = new Set(listed.filter(({ state }) => state === 'open').slice(0, maxAsked))
  let away: 'silent' | 'unreachable' | undefined
  const ask = async (transaction: ListedTransaction): Promise<Answer> => {
    // Nobody would answer for the others either: each would cost the whole time-out.
    if (away !== undefined) return { kind: away }
    const answer = await askTransaction(operations, transaction).catch(asUnreachable)
    if (answer.kind === 'silent' || answer.kind === 'unreachable') away = answer.kind
    return answer
  }
  return Promise.all(
    listed.map(async (transaction) =>
      transactionReport(
        transaction,
        askable.has(transaction) ? await limit(() => ask(transaction)) : { kind: 'unasked' },
        operations.now(),
      ),
    ),
  )
}

/** How the workflow of a transaction stands. Throws `IpsError('temporal-unreachable')`, retryable. */
export function askTransaction(
  { client }: Pick<TransactionOperations, 'client'>,
  key: TransactionKey,
): Promise<WorkflowAnswer<TransactionStatus>> {
  return askWorkflow(client, transactionWorkflowId(key), transactionStatusQuery)
}

function transactionReport(
  transaction: ListedTransaction,
  answer: Answer,
  now: number,
): TransactionReport {
  const { clientId, correlationId, progress, changedAtMs, decidedAtMs } = transaction
  const { images, completeImages, announced, missing, revision, windowStartMs } = progress
  const waiting = answer.kind === 'status' ? answer.status : waitingOf(transaction, now)
  const isOpen = transaction.state === 'open'
  const failure = (isOpen ? waiting.failure : undefined) ?? null
  return {
    ...{ clientId, transactionId: correlationId },
    state: failure === null ? transaction.state : 'failed',
    ...{ revision, images, completeImages },
    announced: announced === 0 ? null : announced,
    missing,
    missingImages: Math.max(0, announced - images),
    since: timeOf(windowStartMs),
    changedAt: timeOf(changedAtMs),
    decidedAt: decidedAtMs === undefined ? null : timeOf(decidedAtMs),
    endsAt: (isOpen ? waiting.endsAt : undefined) ?? null,
    waitsFor: isOpen ? waiting.waitsFor : null,
    failure,
    workflow: answer.kind === 'status' ? 'answers' : answer.kind,
  }
}

/** What the journal knows of what a workflow waits for: nothing of what operators have asked it. */
function waitingOf(
  { progress, changedAtMs }: ListedTransaction,
  now: number,
): Pick<TransactionStatus, 'endsAt' | 'waitsFor' | 'failure'> {
  const state = { progress, firstNewsAtMs: changedAtMs, lastNewsAtMs: changedAtMs }
  const decision = decide(state, now)
  return {
    ...(decision.kind === 'wait' ? { endsAt: timeOf(decision.untilMs) } : {}),
    waitsFor:
      decision.kind === 'publish'
        ? `Revision ${decision.revision} is due.`
        : describeWaiting(state, decision),
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
