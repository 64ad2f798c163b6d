import type { AttemptOptions } from './attempt-message.ts'
import type { AttemptClass } from './classify-attempt.ts'
import { createCursor, type Cursor } from './create-cursor.ts'
import { createGate, type Gate } from './create-gate.ts'
import { createPacer, type Pacer } from './create-pacer.ts'
import { createRefusalWindow, type RefusalWindow } from './create-refusal-window.ts'
import { maxConcurrency } from './create-sender.ts'
import type { ClaimedEndpoint, DeliveryJournal, QueuedMessage } from './delivery-journal.ts'

/** How a run over an endpoint's journal ended. */
export interface DeliveryResult {
  /**
   * `asleep`: nothing is left, and the next append wakes the endpoint. `unfinished`: it was asked to end, go on at once.
   * `trouble`: leave the endpoint alone for a while. `gone`: it wants no more webhooks.
   */
  readonly outcome: 'asleep' | 'unfinished' | 'trouble' | 'gone'
  readonly delivered: number
  /** Messages that are dead now. */
  readonly refused: number
  /** With `trouble` and `gone`: a stable word. */
  readonly error?: string
  readonly status?: number
  readonly retryAfterMs?: number
}

/** What a run needs. */
export interface DeliveryRunOptions extends AttemptOptions {
  readonly journal: DeliveryJournal
  readonly endpoint: ClaimedEndpoint
  /** The owner that claimed the endpoint. */
  readonly owner: string
  /** Start with one message, since the endpoint was in trouble. */
  readonly probe: boolean
  /** How long an endpoint without messages is kept open for the next one. */
  readonly lingerMs: number
  /** Aborted when the run is to settle what is under way and end. */
  readonly stop: AbortSignal
}

/** Requests side by side to one endpoint, where its claim says nothing. Answers of 10 ms allow 1,600 a second. */
export const defaultConcurrency = 16

/** A message that was refused. */
export interface Refusal {
  readonly message: QueuedMessage
  readonly answer: Extract<AttemptClass, { kind: 'message-trouble' }>
}

type Trouble = Exclude<AttemptClass, { kind: 'delivered' | 'message-trouble' }>

/** What a run knows. */
export interface DeliveryRun {
  readonly gate: Gate
  readonly cursor: Cursor
  readonly pacer: Pacer
  readonly settledBeyond: Set<number>
  readonly queue: QueuedMessage[]
  readonly window: RefusalWindow<Refusal>
  readonly startedAt: number
  /** Of the bodies in the queue; as good as their bytes, and known without counting. */
  queuedCharacters: number
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
  trouble?: Trouble
  failure?: { readonly error: unknown }
}

/** A run that has done nothing yet. */
export function createRun({ endpoint, probe, clock }: DeliveryRunOptions): DeliveryRun {
  return {
    gate: createGate(),
    cursor: createCursor(endpoint.cursor),
    pacer: createPacer(endpoint.maxRate),
    settledBeyond: new Set(endpoint.settledBeyond),
    queue: [],
    window: createRefusalWindow(),
    startedAt: clock(),
    queuedCharacters: 0,
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

/** Requests side by side that an endpoint may have. */
export function concurrencyOf(endpoint: ClaimedEndpoint): number {
  return Math.min(endpoint.maxConcurrency ?? defaultConcurrency, maxConcurrency)
}

/** The first trouble names the reason; of several wishes to be left alone the longest counts. */
export function noteTrouble(run: DeliveryRun, trouble: Trouble): void {
  const first = run.trouble ?? trouble
  run.trouble = trouble.kind === 'gone' ? trouble : first
  if (run.trouble.kind !== 'endpoint-trouble' || trouble.kind !== 'endpoint-trouble') return
  const retryAfterMs = Math.max(run.trouble.retryAfterMs ?? 0, trouble.retryAfterMs ?? 0)
  if (retryAfterMs > 0) run.trouble = { ...run.trouble, retryAfterMs }
}

/** What is said of a run at its end: its trouble, if there was any, else `outcome`. */
export function resultOf(run: DeliveryRun, outcome: 'asleep' | 'unfinished'): DeliveryResult {
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
