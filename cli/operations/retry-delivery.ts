import { IpsError } from '../../lib/errors/ips-error.ts'
import { retryNowSignal } from '../../workflows/messages.ts'
import { messageStartOptions } from '../../workflows/start-options.ts'
import { actOnEndpoint } from './act-on-endpoint.ts'
import { askMessage } from './delivery-report.ts'
import { messageInput } from './message-input.ts'
import { onTemporal } from './on-temporal.ts'
import type { LoggedDelivery } from '../../workers/push/journal/delivery-rows.ts'
import type { Operations } from './operations.ts'
import { poll } from './poll.ts'
import { replayMessages } from './replay-messages.ts'
import {
  findMessage,
  selectionOf,
  showDelivery,
  type LoggedDeliveryReport,
  type MessageSelection,
} from './show-delivery.ts'

/** How a message stands after an action. */
export interface DeliveryActionReport extends LoggedDeliveryReport {
  /** False where a workflow was told, but has not done so yet: it will. */
  readonly taken: boolean
}

/** A POST may take 15 s; longer than this nobody looks at a command. */
const takenTimeoutMs = 10_000

/**
 * Sends a message at once, whatever its state: one that waits with its endpoint's queue, one that is retrying by itself; one
 * that has ended is replayed. Waits a while for what comes of it. Throws `IpsError('message-unknown')`,
 * `IpsError('delivery-state-wrong')` where it has expired, `IpsError('temporal-unreachable')` and
 * `IpsError('journal-unavailable')`, both retryable.
 */
export async function retryDelivery(
  operations: Operations,
  selection: MessageSelection,
): Promise<DeliveryActionReport> {
  const found = await findMessage(operations, selection)
  const taken = await retry(operations, found)
  return { ...(await showDelivery(operations, selectionOf(found))), taken }
}

async function retry(operations: Operations, found: LoggedDelivery): Promise<boolean> {
  const { id, state } = found
  switch (state) {
    case 'pending':
      return (await actOnEndpoint(operations, found, 'retry')).taken
    case 'retrying':
      return retryByItself(operations, found)
    case 'delivered':
    case 'dead':
    case 'dropped':
      return (await replayMessages(operations, found, { ids: [id] })).taken
    case 'expired':
      throw new IpsError('delivery-state-wrong', `${id} has expired: its body is gone`)
  }
}

/** Also where its workflow was not started yet: endpoints that refuse much have a limited number of them. */
async function retryByItself(operations: Operations, found: LoggedDelivery): Promise<boolean> {
  const { client, taskQueue, now } = operations
  const before = await askMessage(operations, found.id)
  const triesBefore = before.kind === 'status' ? before.status.tries : 0
  await onTemporal(client, () =>
    client.workflow.signalWithStart('messageDelivery', {
      ...messageStartOptions(messageInput(found, 'retrying')),
      ...{ taskQueue, signal: retryNowSignal },
    }),
  )
  const isTaken = await poll(
    async () => {
      const answer = await askMessage(operations, found.id)
      if (answer.kind !== 'status') return answer.kind === 'none'
      const { tries, held, state } = answer.status
      return tries > triesBefore || held !== undefined || state !== 'retrying' || undefined
    },
    { now, timeoutMs: takenTimeoutMs },
  )
  return isTaken ?? false
}
