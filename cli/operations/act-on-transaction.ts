import type { SignalDefinition } from '@temporalio/workflow'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { FoundTransaction } from '../../workers/summary/find-transaction.ts'
import { signalTransactions } from '../../workers/summary/signal-transactions.ts'
import { retryNowSignal } from '../../workflows/messages.ts'
import { maxExtensionSeconds } from '../../workflows/transaction/read-extension.ts'
import {
  completeNowSignal,
  extendSignal,
  type ExtendRequest,
  type TransactionStatus,
} from '../../workflows/transaction/transaction-messages.ts'
import { transactionWorkflowId } from '../../workflows/transaction/transaction-start-options.ts'
import { parseDuration } from '../clients/parse-duration.ts'
import type { WorkflowAnswer } from './ask-workflow.ts'
import { onTemporal } from './on-temporal.ts'
import { poll } from './poll.ts'
import { findTransaction, showTransaction, type ShownTransaction } from './show-transaction.ts'
import type { TransactionOperations } from './transaction-operations.ts'
import { askTransaction } from './transaction-report.ts'

/** How a transaction stands after an action. */
export interface TransactionActionReport extends ShownTransaction {
  /** False where its workflow was told, but has not done so yet: it will. */
  readonly taken: boolean
}

/** A publication takes well below a second; longer than this nobody looks at a command. */
const takenTimeoutMs = 10_000

/**
 * Publishes a summary of an open transaction now, partial where something is missing, and says how it stands then. Throws what
 * `findTransaction` throws, `IpsError('transaction-finished')`, `IpsError('temporal-unreachable')` and
 * `IpsError('journal-unavailable')`, both retryable.
 */
export function completeTransaction(
  operations: TransactionOperations,
  key: TransactionKey,
): Promise<TransactionActionReport> {
  return act(operations, key, completeNowSignal, undefined, hasTried)
}

/**
 * Moves the end of an open transaction by a duration, as it was given (`90s`, `2h`, `7d`), to later. Throws as
 * `completeTransaction` does, `IpsError('duration-invalid')`, and `IpsError('extension-refused')` where its workflow says why
 * not.
 */
export async function extendTransaction(
  operations: TransactionOperations,
  key: TransactionKey,
  by: string,
): Promise<TransactionActionReport> {
  const seconds = parseDuration(by)
  if (seconds === 0 || seconds > maxExtensionSeconds) {
    throw new IpsError('duration-invalid', `${by} is not within 1s and 90d`)
  }
  const request: ExtendRequest = { seconds }
  return act(operations, key, extendSignal, request, (after, before) => {
    if (after.objection !== undefined && after.objection !== before?.objection)
      throw new IpsError('extension-refused', after.objection)
    return after.extendedTo !== undefined && after.extendedTo !== before?.extendedTo
  })
}

/**
 * Tries at once to publish what could not be published; starts the workflow of an open transaction again where somebody has
 * ended it. Throws as `completeTransaction` does, and `IpsError('transaction-not-failed')`.
 */
export function retryTransaction(
  operations: TransactionOperations,
  key: TransactionKey,
): Promise<TransactionActionReport> {
  return act(operations, key, retryNowSignal, undefined, hasTried, (before) => {
    if (before.failure !== undefined) return
    throw new IpsError('transaction-not-failed', `nothing has failed. ${before.waitsFor}`)
  })
}

type IsTaken = (after: TransactionStatus, before: TransactionStatus | undefined) => boolean

/** `retryNow` and `completeNow` are done when there is a revision more, or one more failure. */
function hasTried(after: TransactionStatus, before: TransactionStatus | undefined): boolean {
  return (
    after.revision > (before?.revision ?? 0) ||
    (after.failure?.tries ?? 0) > (before?.failure?.tries ?? 0)
  )
}

async function act(
  operations: TransactionOperations,
  key: TransactionKey,
  signal: SignalDefinition | SignalDefinition<[ExtendRequest]>,
  request: ExtendRequest | undefined,
  isTaken: IsTaken,
  check: (before: TransactionStatus) => void = () => undefined,
): Promise<TransactionActionReport> {
  const found = await findTransaction(operations, key)
  if (found.state !== 'open') throw finished(found)
  const answer = await askTransaction(operations, key)
  if (answer.kind === 'none') await startAgain(operations, found)
  if (answer.kind === 'status') check(answer.status)
  const { client, now } = operations
  const handle = client.workflow.getHandle(transactionWorkflowId(key))
  await onTemporal(client, () =>
    request === undefined
      ? handle.signal(signal as SignalDefinition)
      : handle.signal(signal as SignalDefinition<[ExtendRequest]>, request),
  )
  const before = answer.kind === 'status' ? answer.status : undefined
  const taken = await poll(
    async () => read(await askTransaction(operations, key), (status) => isTaken(status, before)),
    { now, timeoutMs: takenTimeoutMs },
  )
  return { ...(await showTransaction(operations, key)), taken: taken ?? false }
}

/** True where the workflow has done it or has ended, false where nobody answers for it, `undefined` where it is yet to. */
function read(
  answer: WorkflowAnswer<TransactionStatus>,
  isTaken: (status: TransactionStatus) => boolean,
): boolean | undefined {
  if (answer.kind !== 'status') return answer.kind === 'none'
  return isTaken(answer.status) || undefined
}

/** Whoever has ended the workflow of an open transaction did not want it to be forgotten. */
async function startAgain(
  { client, taskQueue }: TransactionOperations,
  { clientId, correlationId, progress }: FoundTransaction,
): Promise<void> {
  await onTemporal(client, () =>
    signalTransactions(client, taskQueue, [{ clientId, correlationId, progress }]),
  )
}

function finished({ correlationId, state, progress }: FoundTransaction): IpsError {
  return new IpsError(
    'transaction-finished',
    `${correlationId} is ${state}, as revision ${progress.revision} says: nothing came since`,
  )
}
