import type { AttemptOptions } from './attempt-parcel.ts'
import type { AttemptClass } from './classify-attempt.ts'
import type { ByteBudget } from './create-byte-budget.ts'
import { createCursor, type Cursor } from './create-cursor.ts'
import { createGate, type Gate } from './create-gate.ts'
import type { Lane } from './create-lane.ts'
import { createPacker } from './create-packer.ts'
import { createRefusalWindow, type RefusalWindow } from './create-refusal-window.ts'
import type { ClaimedEndpoint, DeliveryJournal } from './delivery-journal.ts'
import type { Packer } from './packer.ts'

/** How a run over an endpoint's journal ended. */
export interface DeliveryResult {
  /**
   * `asleep`: nothing is left, and the next append wakes the endpoint. `unfinished`: it was asked to end, go on at once.
   * `trouble`: leave the endpoint alone for a while. `gone`: it wants no more webhooks.
   */
  readonly outcome: 'asleep' | 'unfinished' | 'trouble' | 'gone'
  readonly delivered: number
  /** Messages that have left the queue for a workflow of their own. */
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
  /** The way to the endpoint. */
  readonly lane: Lane
  /** Of the process, for bodies that are read ahead. */
  readonly budget: ByteBudget
  /** How long an endpoint without messages is kept open for the next one. */
  readonly lingerMs: number
  /** Whether this process has no place for another endpoint, so that some may wait for one; absent: never. */
  readonly isCrowded?: () => boolean
  /** Aborted when the run is to settle what is under way and end. */
  readonly stop: AbortSignal
  /** The last run ended since most messages were refused: the first refusal of this one says that it is still so. */
  readonly wasMostlyRefused?: boolean
  /** Called when a message has left the queue for a workflow of its own, which is durable by then. */
  readonly onRefused?: () => void
}

type Trouble = Exclude<AttemptClass, { kind: 'delivered' | 'message-trouble' }>

/** What a run knows. */
export interface DeliveryRun {
  readonly gate: Gate
  readonly cursor: Cursor
  readonly packer: Packer
  readonly window: RefusalWindow
  readonly settledBeyond: Set<number>
  readonly startedAt: number
  readAfter: number
  isReading: boolean
  /** The journal may have something after `readAfter`. */
  mayHaveMore: boolean
  /** The last page did not fit in the budget: nothing more is read until something has ended. */
  isCut: boolean
  /** Characters of bodies that are taken from the budget. */
  held: number
  inFlight: number
  /** Messages that are sent, or expired, and not settled yet. */
  unsettled: number
  lastWorkAt: number
  delivered: number
  refused: number
  trouble?: Trouble
  failure?: { readonly error: unknown }
}

/** A run that has done nothing yet. */
export function createRun({ endpoint, clock, wasMostlyRefused }: DeliveryRunOptions): DeliveryRun {
  return {
    gate: createGate(),
    cursor: createCursor(endpoint.cursor),
    packer: createPacker(endpoint.batch, endpoint.batches),
    window: createRefusalWindow(wasMostlyRefused),
    settledBeyond: new Set(endpoint.settledBeyond),
    startedAt: clock(),
    readAfter: endpoint.cursor,
    isReading: false,
    mayHaveMore: true,
    isCut: false,
    held: 0,
    inFlight: 0,
    unsettled: 0,
    lastWorkAt: clock(),
    delivered: 0,
    refused: 0,
  }
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
