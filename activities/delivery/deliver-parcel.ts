import { attemptParcel, type Attempt } from './attempt-parcel.ts'
import { noteTrouble, type DeliveryRun, type DeliveryRunOptions } from './delivery-run.ts'
import type { AttemptRecord, RecordedBatch } from './delivery-journal.ts'
import type { Parcel } from './parcel.ts'
import { settleMessage } from './settle-message.ts'

/**
 * Sends a parcel for which a place is taken on the endpoint's lane, and does what the answer says. Resolves when that is
 * durable; what fails is noted in the run.
 */
export async function deliverParcel(
  run: DeliveryRun,
  options: DeliveryRunOptions,
  parcel: Parcel,
): Promise<void> {
  run.inFlight += 1
  run.unsettled += parcel.messages.length
  try {
    const attempt = await send(run, options, parcel)
    run.lastWorkAt = options.clock()
    run.gate.open()
    await conclude(run, options, parcel, attempt)
  } catch (error) {
    run.failure ??= { error }
  } finally {
    run.unsettled -= parcel.messages.length
    release(run, options, parcel)
    run.gate.open()
  }
}

async function send(
  run: DeliveryRun,
  options: DeliveryRunOptions,
  parcel: Parcel,
): Promise<Attempt> {
  const { lane } = options
  let arrivedFrom: number | undefined
  try {
    if (parcel.isUnrecorded) await recordBatch(options, parcel, false)
    const startedAt = performance.now()
    const attempt = await attemptParcel(lane.sender, options, parcel)
    if (attempt.outcome.kind === 'delivered') arrivedFrom = startedAt
    return attempt
  } finally {
    run.inFlight -= 1
    lane.release(arrivedFrom)
  }
}

async function conclude(
  run: DeliveryRun,
  options: DeliveryRunOptions,
  parcel: Parcel,
  { outcome, record }: Attempt,
): Promise<void> {
  const { messages } = parcel
  if (outcome.kind === 'delivered') {
    run.window.note(false)
    run.delivered += messages.length
    await settleAll(run, options, parcel, 'delivered', record)
    return
  }
  const logged = log(options, parcel, record)
  // What the endpoint says of a message once it is in trouble is held against none.
  if (outcome.kind !== 'message-trouble') noteTrouble(run, outcome)
  else if (run.trouble === undefined) {
    if (messages.length > 1) await split(run, options, parcel)
    else {
      run.window.note(true)
      const { status } = outcome
      if (run.window.isMostlyRefused())
        noteTrouble(run, { kind: 'endpoint-trouble', status, error: 'mostly-refused' })
      run.refused += 1
      await settleAll(run, options, parcel, 'retrying', record)
      options.onRefused?.()
    }
  }
  await logged
}

async function settleAll(
  run: DeliveryRun,
  options: DeliveryRunOptions,
  { messages }: Parcel,
  state: 'delivered' | 'retrying',
  record: AttemptRecord,
): Promise<void> {
  const [first] = messages
  if (messages.length === 1 && first !== undefined)
    await settleMessage(run, options, first, state, record)
  else
    await Promise.all(
      messages.map((message) => settleMessage(run, options, message, state, record)),
    )
}

/** The endpoint may refuse all for the sake of one: each is tried by itself. */
async function split(run: DeliveryRun, options: DeliveryRunOptions, parcel: Parcel): Promise<void> {
  await recordBatch(options, parcel, true)
  const characters = charactersOf(parcel)
  options.budget.force(characters)
  run.held += characters
  run.packer.split(parcel)
}

function recordBatch(
  { journal, endpointId, owner }: DeliveryRunOptions,
  { messages }: Parcel,
  isSplit: boolean,
): Promise<void> {
  const first = messages[0]?.position ?? 0
  const batch: RecordedBatch = { first, last: messages.at(-1)?.position ?? first, isSplit }
  return journal.recordBatch(endpointId, owner, batch)
}

/** The log is for people: a delivery does not fail with it, its settlements tell soon enough. */
async function log(
  { journal, endpointId }: DeliveryRunOptions,
  { messages }: Parcel,
  record: AttemptRecord,
): Promise<void> {
  await Promise.allSettled(
    messages.map(({ origin }) => journal.logAttempt(endpointId, origin, record)),
  )
}

function release(run: DeliveryRun, { budget }: DeliveryRunOptions, parcel: Parcel): void {
  const characters = charactersOf(parcel)
  budget.release(characters)
  run.held -= characters
  run.isCut = false
}

function charactersOf({ messages }: Parcel): number {
  return messages.reduce((total, { body }) => total + body.length, 0)
}
