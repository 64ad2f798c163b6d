import { setHandler } from '@temporalio/workflow'
import { retryNowSignal } from '../messages.ts'
import { isProgress } from './progress.ts'
import {
  completeNowSignal,
  extendSignal,
  progressedSignal,
  transactionStatusQuery,
} from './transaction-messages.ts'
import { transactionStatusOf, type TransactionMemory } from './transaction-memory.ts'

/**
 * Lets the consumer and operators reach a transaction's workflow. Handlers only note what came: one that throws would fail
 * the workflow, and what operators send by hand may be anything.
 */
export function handleTransactionMessages(memory: TransactionMemory): void {
  setHandler(
    progressedSignal,
    (progress: unknown) => {
      if (isProgress(progress)) memory.inbox.push({ kind: 'progress', progress })
    },
    { description: 'How far the transaction is: sent by the summary service.' },
  )
  setHandler(completeNowSignal, () => void memory.inbox.push({ kind: 'complete' }), {
    description: 'Publish a summary now, partial if something is missing. No input.',
  })
  setHandler(
    extendSignal,
    (request: unknown) => void memory.inbox.push({ kind: 'extend', request }),
    { description: extendDescription },
  )
  setHandler(retryNowSignal, () => void memory.inbox.push({ kind: 'retry' }), {
    description: 'Try at once to publish what could not be published. No input.',
  })
  setHandler(transactionStatusQuery, () => transactionStatusOf(memory, Date.now()), {
    description: 'How far the transaction is, what it waits for, and when it ends.',
  })
}

const extendDescription =
  'Wait for longer. Input: {"seconds": 7200} after the present end, or {"until": "2026-11-24T06:00:00Z"}; ' +
  'at most 90 days from now.'
