import type { AttemptRecord, QueuedMessage, Settlement } from './delivery-journal.ts'
import type { DeliveryRun, DeliveryRunOptions } from './delivery-run.ts'

/** Settles a message that a run has taken; resolves when that is durable. */
export async function settleMessage(
  run: DeliveryRun,
  { journal, endpointId, owner }: DeliveryRunOptions,
  { position, origin }: QueuedMessage,
  state: Settlement['state'],
  attempt?: AttemptRecord,
): Promise<void> {
  // A later settlement never succeeds where an earlier one has failed.
  if (run.failure !== undefined) return
  run.cursor.settle(position)
  await journal.settle({
    endpointId,
    owner,
    position,
    origin,
    state,
    ...(attempt === undefined ? undefined : { attempt }),
    cursor: run.cursor.position(),
  })
}
