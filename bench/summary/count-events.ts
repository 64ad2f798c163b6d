import proto from '@temporalio/proto'
import { transactionWorkflowId } from '../../workflows/transaction/transaction-start-options.ts'
import { round } from '../statistics.ts'
import type { Transaction } from './traffic.ts'
import type { Stage } from './with-stage.ts'

/** Events in the histories of transactions. */
export interface EventCount {
  readonly perTransaction: number
  /** The same by type, the most first. */
  readonly byType: Readonly<Record<string, number>>
}

/** Histories that are read: they differ by how batches fall only. */
const sampleSize = 50

/** Counts the events of some of the transactions. */
export async function countEvents(
  { temporal }: Stage,
  transactions: readonly Transaction[],
): Promise<EventCount> {
  const sample = transactions.slice(-sampleSize)
  const counts = new Map<string, number>()
  for (const key of sample) {
    const { events } = await temporal.workflow.getHandle(transactionWorkflowId(key)).fetchHistory()
    for (const { eventType } of events ?? []) {
      const name = proto.temporal.api.enums.v1.EventType[eventType ?? 0] ?? 'unknown'
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  const mean = (count: number) => round(count / sample.length)
  const mostFirst = [...counts].sort(([, one], [, other]) => other - one)
  return {
    perTransaction: mean(mostFirst.reduce((sum, [, count]) => sum + count, 0)),
    byType: Object.fromEntries(mostFirst.map(([name, count]) => [shortName(name), mean(count)])),
  }
}

/** `EVENT_TYPE_TIMER_STARTED` is `timer started`. */
function shortName(name: string): string {
  return name.replace('EVENT_TYPE_', '').replaceAll('_', ' ').toLowerCase()
}
