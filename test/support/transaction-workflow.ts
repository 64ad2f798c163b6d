import { randomUUID } from 'node:crypto'
import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import type {
  DecidedRevision,
  PublishSummaryInput,
  SummaryActivities,
} from '../../activities/summary/publish-summary.ts'
import type { transactionSummary } from '../../workflows/transaction-summary.ts'
import type { Progress } from '../../workflows/transaction/progress.ts'
import { progressedSignal } from '../../workflows/transaction/transaction-messages.ts'
import { transactionStartOptions } from '../../workflows/transaction/transaction-start-options.ts'
import type { WorkflowTests } from './workflow-tests.ts'

export type TransactionHandle = WorkflowHandleWithSignaledRunId<typeof transactionSummary>

/** What the journal of a test's transaction holds, and how it behaves. */
export interface ScriptedJournal {
  messages: number
  outcome: DecidedRevision['outcome'] | 'gone'
  /** Called before each publication: it may throw, or take its time. */
  beforePublishing: () => void | Promise<void>
  /** Called where an operator has moved the end. */
  beforeExtending: () => void
}

/** A transaction whose workers are at work. */
export interface ScriptedTransaction {
  readonly journal: ScriptedJournal
  readonly published: readonly PublishSummaryInput[]
  readonly extensions: readonly number[]
  /** When it began: ms since the epoch. */
  readonly startedAtMs: number
  /** Tells the workflow of a snapshot, as the consumer does. */
  readonly signal: (members: Partial<Progress>) => Promise<TransactionHandle>
  /** Seconds from the start until revision `index + 1` was decided. */
  readonly decidedAfterSeconds: (index: number) => number
}

export const hour = 3_600
export const day = 24 * hour

/** Runs `work` beside a worker whose activities decide each revision once for ever, as of what `journal` holds then. */
export async function withTransaction(
  { environment, workflowBundle }: WorkflowTests,
  work: (transaction: ScriptedTransaction) => Promise<void>,
): Promise<void> {
  const taskQueue = randomUUID()
  const published: PublishSummaryInput[] = []
  const decided = new Map<number, DecidedRevision>()
  const extensions: number[] = []
  const journal: ScriptedJournal = {
    messages: 1,
    outcome: 'complete',
    beforePublishing: () => undefined,
    beforeExtending: () => undefined,
  }
  const activities: SummaryActivities = {
    async publishSummary(input) {
      await journal.beforePublishing()
      const { outcome, messages } = journal
      const known = decided.get(input.revision)
      if (known !== undefined) return { ...known, isRepeated: true }
      published.push(input)
      if (outcome === 'gone') return null
      const revision = { outcome, revision: input.revision, messages }
      decided.set(input.revision, revision)
      return revision
    },
    noteExtension({ untilMs }) {
      journal.beforeExtending()
      extensions.push(untilMs)
      return Promise.resolve()
    },
  }
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    ...{ taskQueue, workflowBundle, activities },
  })
  const startedAtMs = await environment.currentTimeMs()
  const signal = (members: Partial<Progress>) =>
    environment.client.workflow.signalWithStart<typeof transactionSummary, [Progress]>(
      'transactionSummary',
      {
        ...transactionStartOptions({ clientId: 'client', correlationId: taskQueue }),
        ...{ taskQueue, signal: progressedSignal },
        signalArgs: [{ ...snapshotAt(startedAtMs), ...members }],
      },
    )
  const decidedAfterSeconds = (index: number) =>
    ((published[index]?.decidedAtMs ?? NaN) - startedAtMs) / 1000
  await worker.runUntil(() =>
    work({ journal, published, extensions, startedAtMs, signal, decidedAfterSeconds }),
  )
}

/** One image, complete, of an unannounced transaction that began then. */
function snapshotAt(windowStartMs: number): Progress {
  return {
    messages: 1,
    images: 1,
    completeImages: 1,
    announced: 0,
    missing: 0,
    missingSample: [],
    windowStartMs,
    windowSeconds: day,
    idleSeconds: 30,
    revision: 0,
    decidedMessages: 0,
  }
}
