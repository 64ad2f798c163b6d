/**
 * How far a transaction is, as its journal says: counts, never content, so that a transaction of any size costs a
 * workflow the same.
 */
export interface Progress {
  /** Messages in the journal. It only grows: the snapshot with more is the later one. */
  readonly messages: number
  /** Images that a message came for. */
  readonly images: number
  /** Those of them with a terminal message of every service and version that their tokens name. */
  readonly completeImages: number
  /** The largest count that the client announced; 0 where it announced none. */
  readonly announced: number
  /** Terminal messages that images of the journal still lack. */
  readonly missing: number
  /** The first few of them, as `ocr 1.0 of 9f…`, for people. */
  readonly missingSample: readonly string[]
  /** When the first image was ingested. */
  readonly windowStartMs: number
  /** The longest window of the transaction's tokens. */
  readonly windowSeconds: number
  /** The longest idle gap of the transaction's tokens. */
  readonly idleSeconds: number
  /** The last revision that was decided; 0 before the first. */
  readonly revision: number
  /** Messages that were in the journal then: it holds news where it holds more. */
  readonly decidedMessages: number
}

/**
 * The later of two snapshots of one transaction. Commutative, associative and idempotent: snapshots may come in any
 * order and any number of times.
 */
export function laterProgress(a: Progress, b: Progress): Progress {
  const later = isLater(a, b) ? a : b
  return {
    ...later,
    // A repeated POST adds no message, yet may announce more images or bring another token.
    announced: Math.max(a.announced, b.announced),
    windowStartMs: Math.min(a.windowStartMs, b.windowStartMs),
    windowSeconds: Math.max(a.windowSeconds, b.windowSeconds),
    idleSeconds: Math.max(a.idleSeconds, b.idleSeconds),
    revision: Math.max(a.revision, b.revision),
    decidedMessages: Math.max(a.decidedMessages, b.decidedMessages),
  }
}

/** With the same messages, what is owed only grows: a token that came later may name more services. */
function isLater(a: Progress, b: Progress): boolean {
  return a.messages > b.messages || (a.messages === b.messages && a.missing > b.missing)
}

/** A hundred years: no window is longer. */
const maxSeconds = 100 * 365 * 24 * 60 * 60
/** The year 5138: with a window on top it is still a date. */
const maxTimeMs = 1e14
/** Names of the journal are shorter, and fewer: the state of a workflow is bounded by these. */
const maxSample = 20
const maxNameLength = 300

/** Whether a signal's content is a snapshot; never throws. What an operator sends by hand may be anything. */
export function isProgress(value: unknown): value is Progress {
  if (typeof value !== 'object' || value === null) return false
  const { missingSample, ...others } = value as Record<string, unknown>
  return (
    Array.isArray(missingSample) &&
    missingSample.length <= maxSample &&
    missingSample.every((name) => typeof name === 'string' && name.length <= maxNameLength) &&
    numericMembers.every((name) => isWithin(others[name], Number.MAX_SAFE_INTEGER)) &&
    isWithin(others['windowStartMs'], maxTimeMs) &&
    isWithin(others['windowSeconds'], maxSeconds) &&
    isWithin(others['idleSeconds'], maxSeconds)
  )
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most
}

const numericMembers = [
  'messages',
  'images',
  'completeImages',
  'announced',
  'missing',
  'windowStartMs',
  'windowSeconds',
  'idleSeconds',
  'revision',
  'decidedMessages',
] as const satisfies readonly (keyof Progress)[]
