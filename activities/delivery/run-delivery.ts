import { continueTrace } from '../../lib/telemetry/trace-context.ts'
import { classifyAttempt, type AttemptClass } from './classify-attempt.ts'
import { createCursor, type Cursor } from './create-cursor.ts'
import { createGate, type Gate } from './create-gate.ts'
import { createPacer, type Pacer } from './create-pacer.ts'
import type { Sender } from './create-sender.ts'
import type { Signer } from './create-signer.ts'
import type { ClaimedEndpoint, DeliveryJournal, QueuedMessage } from './delivery-journal.ts'

/** How a run over an endpoint's journal ended. */
export interface DeliveryResult {
  /**
   * `asleep`: nothing is left, and the next append wakes the endpoint. `unfinished`: it was asked to end, go on at once.
   * `trouble`: leave the endpoint alone for a while. `gone`: it wants no more webhooks.
   */
  readonly outcome: 'asleep' | 'unfinished' | 'trouble' | 'gone'
  readonly delivered: number
  readonly refused: number
  /** With `trouble` and `gone`: a stable word. */
  readonly error?: string
  readonly status?: number
  readonly retryAfterMs?: number
}

/** What is told of every attempt, for logs and metrics. */
export interface AttemptEvent {
  readonly endpointId: string
  readonly clientId: string
  readonly messageId: string
  readonly correlationId: string
  readonly traceparent: string
  readonly kind: AttemptClass['kind']
  readonly status?: number
  readonly error?: string
  readonly durationMs: number
}

/** What a run needs. */
export interface DeliveryRunOptions {
  readonly journal: DeliveryJournal
  readonly sender: Sender
  readonly signer: Signer
  readonly endpointId: string
  readonly endpoint: ClaimedEndpoint
  readonly url: URL
  /** The owner that claimed the endpoint. */
  readonly owner: string
  /** Start with one message, since the endpoint was in trouble. */
  readonly probe: boolean
  readonly userAgent: string
  /** How long an endpoint without messages is kept open for the next one. */
  readonly lingerMs: number
  /** Aborted when the run is to settle what is under way and end. */
  readonly stop: AbortSignal
  readonly clock: () => number
  readonly onAttempt: (event: AttemptEvent) => void
}

/** Requests side by side to one endpoint, where its claim says nothing. Answers of 10 ms allow 1,600 a second. */
export const defaultConcurrency = 16
/** Whatever a claim says: one endpoint must not take all sockets of a process. */
export const maxConcurrency = 64
/** Sent and not yet settled in the journal: what may be sent twice when a process is killed. */
export const maxUnsettled = 256
/** With fewer messages in memory the next page is read. */
const lowWater = 64
/** News of an append can be lost; the journal is looked at after this time anyway. */
const pollMs = 10_000
/** A run ends after this time even if there is always more, so that settings and versions change some day. */
const maxRunMs = 6 * 60 * 60 * 1_000

interface Run {
  readonly gate: Gate
  readonly cursor: Cursor
  readonly pacer: Pacer
  readonly settledBeyond: Set<number>
  readonly queue: QueuedMessage[]
  readonly startedAt: number
  readAfter: number
  isReading: boolean
  /** The journal may have something after `readAfter`. */
  mayHaveMore: boolean
  inFlight: number
  unsettled: number
  /** Requests side by side: grows from 1 to the endpoint's own limit after trouble. */
  concurrency: number
  lastWorkAt: number
  delivered: number
  refused: number
  trouble?: Exclude<AttemptClass, { kind: 'delivered' | 'message-trouble' }>
  failure?: { readonly error: unknown }
}

/**
 * Delivers what an endpoint's journal holds, with bounded concurrency, until nothing is left for a while, the endpoint is
 * in trouble, or it is asked to stop; whatever was sent by then is settled before it resolves. Messages start in their
 * order. Rejects with what the journal throws: then what was sent and not settled will be sent again.
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

function createRun({ endpoint, probe, clock }: DeliveryRunOptions): Run {
  return {
    gate: createGate(),
    cursor: createCursor(endpoint.cursor),
    pacer: createPacer(endpoint.maxRate),
    settledBeyond: new Set(endpoint.settledBeyond),
    queue: [],
    startedAt: clock(),
    readAfter: endpoint.cursor,
    isReading: false,
    mayHaveMore: true,
    inFlight: 0,
    unsettled: 0,
    concurrency: probe ? 1 : concurrencyOf(endpoint),
    lastWorkAt: clock(),
    delivered: 0,
    refused: 0,
  }
}

function concurrencyOf(endpoint: ClaimedEndpoint): number {
  return Math.min(endpoint.maxConcurrency ?? defaultConcurrency, maxConcurrency)
}

function isOver(run: Run, { stop, clock }: DeliveryRunOptions): boolean {
  return (
    run.failure !== undefined ||
    run.trouble !== undefined ||
    stop.aborted ||
    clock() - run.startedAt >= maxRunMs
  )
}

function isIdle(run: Run): boolean {
  return (
    run.inFlight === 0 &&
    run.unsettled === 0 &&
    run.queue.length === 0 &&
    !run.isReading &&
    !run.mayHaveMore
  )
}

/** Starts whatever can be started, and says after which time to look again if nothing else happens. */
function advance(run: Run, options: DeliveryRunOptions): number {
  if (!run.isReading && run.mayHaveMore && run.queue.length < lowWater) void readOn(run, options)
  while (run.inFlight < run.concurrency && run.unsettled < maxUnsettled && run.queue.length > 0) {
    const waitMs = run.pacer.take(options.clock())
    if (waitMs > 0) return waitMs
    const message = run.queue.shift()
    if (message !== undefined) void deliver(run, options, message)
  }
  if (!isIdle(run)) return pollMs
  const lingerLeftMs = run.lastWorkAt + options.lingerMs - options.clock()
  if (lingerLeftMs > pollMs) run.mayHaveMore = true
  return Math.min(pollMs, Math.max(0, lingerLeftMs))
}

async function readOn(run: Run, { journal, endpointId, clock }: DeliveryRunOptions): Promise<void> {
  run.isReading = true
  run.mayHaveMore = false
  try {
    const { messages, hasMore } = await journal.read(endpointId, run.readAfter)
    for (const message of messages) {
      run.readAfter = message.position
      run.cursor.take(message.position)
      if (run.settledBeyond.delete(message.position)) run.cursor.settle(message.position)
      else run.queue.push(message)
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
  run: Run,
  options: DeliveryRunOptions,
  message: QueuedMessage,
): Promise<void> {
  run.inFlight += 1
  run.unsettled += 1
  try {
    const outcome = await attempt(options, message)
    run.inFlight -= 1
    run.lastWorkAt = options.clock()
    if (outcome.kind === 'delivered' || outcome.kind === 'message-trouble') {
      run.concurrency = Math.min(run.concurrency + 1, concurrencyOf(options.endpoint))
      if (outcome.kind === 'delivered') run.delivered += 1
      else run.refused += 1
      run.gate.open()
      if (run.failure === undefined) await settle(run, options, message, outcome)
    } else noteTrouble(run, outcome)
  } catch (error) {
    run.failure ??= { error }
  } finally {
    run.unsettled -= 1
    run.gate.open()
  }
}

async function attempt(options: DeliveryRunOptions, message: QueuedMessage): Promise<AttemptClass> {
  const { endpoint, endpointId, url, clock } = options
  const startedAt = clock()
  const timestamp = Math.floor(startedAt / 1_000)
  const traceparent = continueTrace(message.traceparent)
  const result = await options.sender.post({
    origin: url.origin,
    path: url.pathname + url.search,
    headers: {
      'content-type': 'application/json',
      'user-agent': options.userAgent,
      'webhook-id': message.messageId,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': options.signer(message.messageId, timestamp, message.body),
      traceparent,
    },
    body: message.body,
  })
  const endedAt = clock()
  const outcome = classifyAttempt(result, endedAt)
  const { messageId, correlationId } = message
  options.onAttempt({
    endpointId,
    clientId: endpoint.clientId,
    messageId,
    correlationId,
    traceparent,
    kind: outcome.kind,
    ...(outcome.status === undefined ? {} : { status: outcome.status }),
    ...('error' in outcome ? { error: outcome.error } : {}),
    durationMs: endedAt - startedAt,
  })
  return outcome
}

async function settle(
  run: Run,
  { journal, endpointId, owner }: DeliveryRunOptions,
  { position }: QueuedMessage,
  outcome: Extract<AttemptClass, { kind: 'delivered' | 'message-trouble' }>,
): Promise<void> {
  run.cursor.settle(position)
  await journal.settle({
    endpointId,
    owner,
    position,
    state: outcome.kind === 'delivered' ? 'delivered' : 'dead',
    status: outcome.status,
    ...(outcome.kind === 'delivered' ? {} : { reason: outcome.error }),
    attempts: 1,
    cursor: run.cursor.position(),
  })
}

/** The first trouble names the reason; of several wishes to be left alone the longest counts. */
function noteTrouble(run: Run, trouble: NonNullable<Run['trouble']>): void {
  const first = run.trouble ?? trouble
  run.trouble = trouble.kind === 'gone' ? trouble : first
  if (run.trouble.kind !== 'endpoint-trouble' || trouble.kind !== 'endpoint-trouble') return
  const retryAfterMs = Math.max(run.trouble.retryAfterMs ?? 0, trouble.retryAfterMs ?? 0)
  if (retryAfterMs > 0) run.trouble = { ...run.trouble, retryAfterMs }
}

function resultOf(run: Run, outcome: 'asleep' | 'unfinished'): DeliveryResult {
  const { delivered, refused, trouble } = run
  if (trouble === undefined) return { outcome, delivered, refused }
  const { kind, error, status } = trouble
  return {
    outcome: kind === 'gone' ? 'gone' : 'trouble',
    delivered,
    refused,
    error,
    ...(status === undefined ? {} : { status }),
    ...(kind === 'gone' || trouble.retryAfterMs === undefined
      ? {}
      : { retryAfterMs: trouble.retryAfterMs }),
  }
}
