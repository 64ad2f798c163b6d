import type { QueuedMessage } from './delivery-journal.ts'
import type { DeliveryRun, DeliveryRunOptions } from './delivery-run.ts'
import { maxBatchBytes } from './create-batch-packer.ts'
import { settleMessage } from './settle-message.ts'

/** With fewer messages in memory, and less of them, the next page is read: a thousand endpoints may each hold so much. */
const lowWaterMessages = 64
const lowWaterCharacters = 512 * 1024

/** Reads the next page where little is left and the journal may have more. In the background: the gate opens after it. */
export function readAhead(run: DeliveryRun, options: DeliveryRunOptions): void {
  if (!run.isReading && run.mayHaveMore && !run.isCut && isLow(run, options))
    void readPage(run, options)
}

function isLow({ packer }: DeliveryRun, { endpoint: { batch } }: DeliveryRunOptions): boolean {
  // What waits to become a batch must not keep from reading the rest of it.
  const messages = lowWaterMessages + (batch?.maxMessages ?? 0)
  const characters = lowWaterCharacters + (batch === undefined ? 0 : maxBatchBytes)
  return packer.messages < messages && packer.characters < characters
}

async function readPage(run: DeliveryRun, options: DeliveryRunOptions): Promise<void> {
  const { journal, endpointId, clock } = options
  run.isReading = true
  run.mayHaveMore = false
  try {
    const { messages, hasMore } = await journal.read(endpointId, run.readAfter)
    run.isCut = messages.some((message) => !take(run, options, message))
    if (hasMore || run.isCut) run.mayHaveMore = true
    if (run.isCut) run.packer.seal()
    else if (!hasMore) run.packer.noteEnd()
    if (messages.length > 0) run.lastWorkAt = clock()
  } catch (error) {
    run.failure ??= { error }
  } finally {
    run.isReading = false
    run.gate.open()
  }
}

/** False where the process has no room for the message at the moment. */
function take(run: DeliveryRun, options: DeliveryRunOptions, message: QueuedMessage): boolean {
  const { position, body } = message
  const isSettled = run.settledBeyond.has(position)
  if (body !== undefined && !isSettled && !hold(run, options, position, body.length)) return false
  run.readAfter = position
  run.cursor.take(position)
  if (isSettled) {
    run.settledBeyond.delete(position)
    run.cursor.settle(position)
  } else if (body === undefined) void expire(run, options, message)
  else run.packer.add({ ...message, body }, performance.now())
  return true
}

/** An endpoint's first message is held anyway, or it would starve; so is what was recorded as one batch. */
function hold(
  run: DeliveryRun,
  { budget, endpoint: { batches } }: DeliveryRunOptions,
  position: number,
  characters: number,
): boolean {
  if (run.held === 0 || position <= (batches.at(-1)?.last ?? 0)) budget.force(characters)
  else if (!budget.take(characters)) return false
  run.held += characters
  return true
}

async function expire(
  run: DeliveryRun,
  options: DeliveryRunOptions,
  message: QueuedMessage,
): Promise<void> {
  run.unsettled += 1
  try {
    await settleMessage(run, options, message, 'expired')
  } catch (error) {
    run.failure ??= { error }
  } finally {
    run.unsettled -= 1
    run.gate.open()
  }
}
