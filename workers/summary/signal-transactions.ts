import type { Client } from '@temporalio/client'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import type { transactionSummary } from '../../workflows/transaction-summary.ts'
import type { Progress } from '../../workflows/transaction/progress.ts'
import { progressedSignal } from '../../workflows/transaction/transaction-messages.ts'
import { transactionStartOptions } from '../../workflows/transaction/transaction-start-options.ts'
import type { TransactionProgress } from './journal.ts'

/** Requests to Temporal side by side: enough to hide its latency, too few to flood it. */
const maxConcurrentSignals = 16

/** A request is answered in milliseconds; what takes longer is tried again with the whole batch. */
const requestTimeoutMs = 10_000

/**
 * Tells the workflows of transactions how far these are, and starts those that do not run: one request each. Rejects with
 * `IpsError('temporal-unavailable')`, retryable, where one of them could not be told; the others may know then.
 */
export async function signalTransactions(
  client: Client,
  taskQueue: string,
  transactions: readonly TransactionProgress[],
): Promise<void> {
  const queue = [...transactions]
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { progress, ...key } = next
      await client.withDeadline(Date.now() + requestTimeoutMs, () =>
        signalTransaction(client, taskQueue, key, progress),
      )
    }
  }
  try {
    const workers = Math.min(maxConcurrentSignals, transactions.length)
    await Promise.all(Array.from({ length: workers }, work))
  } catch (cause) {
    throw new IpsError('temporal-unavailable', 'a transaction’s workflow could not be told', {
      retryable: true,
      cause,
    })
  }
}

async function signalTransaction(
  client: Client,
  taskQueue: string,
  key: TransactionKey,
  progress: Progress,
): Promise<void> {
  await client.workflow.signalWithStart<typeof transactionSummary, [Progress]>(
    'transactionSummary',
    {
      ...transactionStartOptions(key),
      taskQueue,
      signal: progressedSignal,
      signalArgs: [progress],
    },
  )
}
