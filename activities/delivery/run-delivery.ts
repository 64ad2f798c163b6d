import { deliverParcel } from './deliver-parcel.ts'
import {
  createRun,
  resultOf,
  type DeliveryResult,
  type DeliveryRun,
  type DeliveryRunOptions,
} from './delivery-run.ts'
import { readAhead } from './read-ahead.ts'

/** Messages that are sent and not yet settled in the journal: what may be sent twice when a process is killed. */
export const maxUnsettled = 256
/** News of an append can be lost; the journal is looked at after this time anyway. */
const pollMs = 10_000
/** A run ends after this time even if there is always more, so that settings and versions change some day. */
const maxRunMs = 6 * 60 * 60 * 1_000
/** Where others may wait for a place they take turns: steady traffic would keep one for the whole of a run. */
const maxCrowdedRunMs = 60_000
/** And nobody keeps a place for messages that may not come. */
const crowdedLingerMs = 1_000
/** How often operators are told how many requests are under way, where that has changed. */
const noteIntervalMs = 2_000

/**
 * Delivers what an endpoint's journal holds, within the limits of its lane, until nothing is left for a while, the endpoint
 * is in trouble, or it is asked to stop; whatever arrived by then is settled before it resolves. Messages start in their
 * order. Rejects with what the journal throws: then what was sent and not settled will be sent again.
 *
 * A refused message leaves the queue at once, and a workflow of its own goes on with it. Where most of the last 20 answers
 * are refusals, it is the endpoint that is in trouble.
 */
export async function runDelivery(options: DeliveryRunOptions): Promise<DeliveryResult> {
  const { journal, endpointId, stop } = options
  const run = createRun(options)
  const unsubscribe = journal.subscribe(endpointId, {
    onAppended() {
      run.mayHaveMore = true
      run.gate.open()
    },
  })
  const noting = startNoting(run, options)
  stop.addEventListener('abort', run.gate.open, { once: true })
  try {
    const outcome = await deliverAll(run, options)
    while (isBusy(run)) await run.gate.wait(pollMs)
    if (run.failure !== undefined) throw run.failure.error
    return resultOf(run, outcome)
  } finally {
    unsubscribe()
    stop.removeEventListener('abort', run.gate.open)
    run.gate.close()
    options.budget.release(run.held)
    await noting.stop()
  }
}

async function deliverAll(
  run: DeliveryRun,
  options: DeliveryRunOptions,
): Promise<'asleep' | 'unfinished'> {
  const { journal, endpointId } = options
  while (!isOver(run, options)) {
    const pauseMs = advance(run, options)
    if (!isIdle(run) || lingerLeftMs(run, options) > 0) await run.gate.wait(pauseMs)
    else if (await journal.fallAsleep(endpointId, run.readAfter)) return 'asleep'
    else run.mayHaveMore = true
  }
  return 'unfinished'
}

function isOver(run: DeliveryRun, { stop, clock, isCrowded }: DeliveryRunOptions): boolean {
  const longestMs = isCrowded?.() === true ? maxCrowdedRunMs : maxRunMs
  return (
    run.failure !== undefined ||
    run.trouble !== undefined ||
    stop.aborted ||
    clock() - run.startedAt >= longestMs
  )
}

/** Something is under way that changes the run when it ends: a page that comes also takes from the budget. */
function isBusy({ inFlight, unsettled, isReading }: DeliveryRun): boolean {
  return inFlight > 0 || unsettled > 0 || isReading
}

function isIdle(run: DeliveryRun): boolean {
  return !isBusy(run) && run.packer.messages === 0 && !run.mayHaveMore
}

/** Starts whatever can be started, and says after which time to look again if nothing else happens. */
function advance(run: DeliveryRun, options: DeliveryRunOptions): number {
  const { lane } = options
  const { packer, gate } = run
  readAhead(run, options)
  const nowMs = performance.now()
  for (;;) {
    const parcel = packer.peek(nowMs)
    if (parcel === undefined) break
    const { length } = parcel.messages
    if (run.unsettled > 0 && run.unsettled + length > maxUnsettled) return pollMs
    const waitMs = lane.take(length, gate.open)
    if (waitMs > 0) return Math.min(waitMs, pollMs)
    packer.take()
    void deliverParcel(run, options, parcel)
  }
  if (!isIdle(run)) return Math.min(pollMs, Math.max(0, packer.readyAtMs - nowMs))
  const leftMs = lingerLeftMs(run, options)
  if (leftMs > pollMs) run.mayHaveMore = true
  return Math.min(pollMs, Math.max(0, leftMs))
}

function lingerLeftMs(
  run: DeliveryRun,
  { clock, lingerMs, isCrowded }: DeliveryRunOptions,
): number {
  const longestMs = isCrowded?.() === true ? Math.min(lingerMs, crowdedLingerMs) : lingerMs
  return run.lastWorkAt + longestMs - clock()
}

/** Tells operators from time to time; asked by a clock, not by messages, so that steady little traffic costs nothing. */
function startNoting(
  run: DeliveryRun,
  { journal, endpointId, owner }: DeliveryRunOptions,
): { stop(): Promise<void> } {
  let noted = 0
  const note = async () => {
    if (run.inFlight === noted) return
    noted = run.inFlight
    // Only shown: where it does not succeed, the next settlement tells the run why.
    await journal.noteInFlight(endpointId, owner, noted).catch(() => undefined)
  }
  const timer = setInterval(() => void note(), noteIntervalMs)
  return {
    stop() {
      clearInterval(timer)
      return note()
    },
  }
}
