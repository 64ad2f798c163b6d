import { attemptMessage } from './attempt-message.ts'
import type { AttemptClass } from './classify-attempt.ts'
import type { QueuedMessage } from './delivery-journal.ts'
import {
  concurrencyOf,
  createRun,
  noteTrouble,
  resultOf,
  type DeliveryResult,
  type DeliveryRun,
  type DeliveryRunOptions,
} from './delivery-run.ts'

/**
 * Sent and not yet settled in the journal: with the refusals of the window, what may be sent twice when a process is
 * killed.
 */
export const maxUnsettled = 256
/** With fewer messages in memory, and less of them, the next page is read: a thousand endpoints may each hold so much. */
const lowWaterMessages = 64
const lowWaterCharacters = 512 * 1024
/** News of an append can be lost; the journal is looked at after this time anyway. */
const pollMs = 10_000
/** A run ends after this time even if there is always more, so that settings and versions change some day. */
const maxRunMs = 6 * 60 * 60 * 1_000

/**
 * Delivers what an endpoint's journal holds, with bounded concurrency, until nothing is left for a while, the endpoint is
 * in trouble, or it is asked to stop; whatever arrived by then is settled before it resolves. Messages start in their
 * order. Rejects with what the journal throws: then what was sent and not settled will be sent again.
 *
 * A refused message becomes dead only when it has left the window of the last 20 answers, or when the endpoint has nothing
 * else for `lingerMs`. Where most of the window are refusals, it is the endpoint that is in trouble. At that end, and at
 * any other that comes before, the refused messages of the window stay pending, and are sent again.
 */
export async function runDelivery(options: DeliveryRunOptions): Promise<DeliveryResult> {
  const run = createRun(options)
  const unsubscribe = options.journal.subscribe(options.endpointId, {
    onAppended() {
      run.mayHaveMore = true
      run.gate.open()
    },
  })
  options.stop.addEventListener('abort', run.gate.open, { once: true })
  try {
    while (!isOver(run, options)) {
      const pauseMs = advance(run, options)
      if (isIdle(run) && options.clock() - run.lastWorkAt >= options.lingerMs) {
        await settleRefusals(run, options)
        const isAsleep = await options.journal.fallAsleep(options.endpointId, run.readAfter)
        if (isAsleep) return resultOf(run, 'asleep')
        run.mayHaveMore = true
      } else await run.gate.wait(pauseMs)
    }
    while (run.inFlight > 0 || run.unsettled > 0) await run.gate.wait(pollMs)
  } finally {
    unsubscribe()
    options.stop.removeEventListener('abort', run.gate.open)
  }
  if (run.failure !== undefined) throw run.failure.error
  return resultOf(run, 'unfinished')
}

function isOver(run: DeliveryRun, { stop, clock }: DeliveryRunOptions): boolean {
  return (
    run.failure !== undefined ||
    run.trouble !== undefined ||
    stop.aborted ||
    clock() - run.startedAt >= maxRunMs
  )
}

function isIdle(run: DeliveryRun): boolean {
  return (
    run.inFlight === 0 &&
    run.unsettled === 0 &&
    run.queue.length === 0 &&
    !run.isReading &&
    !run.mayHaveMore
  )
}

/** Starts whatever can be started, and says after which time to look again if nothing else happens. */
function advance(run: DeliveryRun, options: DeliveryRunOptions): number {
  if (!run.isReading && run.mayHaveMore && isLow(run)) void readOn(run, options)
  while (run.inFlight < run.concurrency && run.unsettled < maxUnsettled && run.queue.length > 0) {
    const waitMs = run.pacer.take(options.clock())
    if (waitMs > 0) return waitMs
    const message = run.queue.shift()
    if (message === undefined) break
    run.queuedCharacters -= message.body.length
    void deliver(run, options, message)
  }
  if (!isIdle(run)) return pollMs
  const lingerLeftMs = run.lastWorkAt + options.lingerMs - options.clock()
  if (lingerLeftMs > pollMs) run.mayHaveMore = true
  return Math.min(pollMs, Math.max(0, lingerLeftMs))
}

function isLow({ queue, queuedCharacters }: DeliveryRun): boolean {
  return queue.length < lowWaterMessages && queuedCharacters < lowWaterCharacters
}

async function readOn(
  run: DeliveryRun,
  { journal, endpointId, clock }: DeliveryRunOptions,
): Promise<void> {
  run.isReading = true
  run.mayHaveMore = false
  try {
    const { messages, hasMore } = await journal.read(endpointId, run.readAfter)
    for (const message of messages) {
      run.readAfter = message.position
      run.cursor.take(message.position)
      if (run.settledBeyond.delete(message.position)) run.cursor.settle(message.position)
      else {
        run.queue.push(message)
        run.queuedCharacters += message.body.length
      }
    }
    if (hasMore) run.mayHaveMore = true
    if (messages.length > 0) run.lastWorkAt = clock()
  } catch (error) {
    run.failure = { error }
  } finally {
    run.isReading = false
    run.gate.open()
  }
}

async function deliver(
  run: DeliveryRun,
  options: DeliveryRunOptions,
  message: QueuedMessage,
): Promise<void> {
  run.inFlight += 1
  run.unsettled += 1
  try {
    const answer = await attemptMessage(options, message)
    run.inFlight -= 1
    run.lastWorkAt = options.clock()
    run.gate.open()
    if (answer.kind === 'delivered') await noteDelivery(run, options, message, answer)
    else if (answer.kind === 'message-trouble') await noteRefusal(run, options, message, answer)
    else noteTrouble(run, answer)
  } catch (error) {
    run.failure ??= { error }
  } finally {
    run.unsettled -= 1
    run.gate.open()
  }
}

type Answer<Kind extends AttemptClass['kind']> = Extract<AttemptClass, { kind: Kind }>

async function noteDelivery(
  run: DeliveryRun,
  options: DeliveryRunOptions,
  message: QueuedMessage,
  answer: Answer<'delivered'>,
): Promise<void> {
  run.concurrency = Math.min(run.concurrency + 1, concurrencyOf(options.endpoint))
  run.delivered += 1
  const past = run.trouble === undefined ? run.window.note(undefined) : undefined
  await Promise.all([
    settle(run, options, message, answer),
    past === undefined ? undefined : settle(run, options, past.message, past.answer),
  ])
}

async function noteRefusal(
  run: DeliveryRun,
  options: DeliveryRunOptions,
  message: QueuedMessage,
  answer: Answer<'message-trouble'>,
): Promise<void> {
  // What the endpoint says once it is in trouble is held against no message.
  if (run.trouble !== undefined) return
  const past = run.window.note({ message, answer })
  if (run.window.isMostlyRefused()) {
    noteTrouble(run, { kind: 'endpoint-trouble', status: answer.status, error: 'mostly-refused' })
  } else if (past !== undefined) await settle(run, options, past.message, past.answer)
}

/** Nothing more comes that would tell: the messages themselves are taken for the reason. */
async function settleRefusals(run: DeliveryRun, options: DeliveryRunOptions): Promise<void> {
  const refusals = run.window.empty()
  await Promise.all(refusals.map(({ message, answer }) => settle(run, options, message, answer)))
}

async function settle(
  run: DeliveryRun,
  { journal, endpointId, owner }: DeliveryRunOptions,
  { position }: QueuedMessage,
  answer: Answer<'delivered' | 'message-trouble'>,
): Promise<void> {
  // A later settlement never succeeds where an earlier one has failed.
  if (run.failure !== undefined) return
  if (answer.kind === 'message-trouble') run.refused += 1
  run.cursor.settle(position)
  await journal.settle({
    endpointId,
    owner,
    position,
    state: answer.kind === 'delivered' ? 'delivered' : 'dead',
    status: answer.status,
    ...(answer.kind === 'delivered' ? {} : { reason: answer.error }),
    attempts: 1,
    cursor: run.cursor.position(),
  })
}
