import type { MessageResult } from '../../activities/deliver-message.ts'
import type { MessageDeliveryInput, MessageStatus } from '../messages.ts'
import { backOffDelayMs, backOffScheduleMs } from '../endpoint/back-off-delay.ts'

/**
 * `retrying`: it is tried by the schedule. `dead`: the schedule is over, operators may try it. The others are ends; `over`:
 * the journal has it neither as retrying nor as dead any more, since it was replayed or has expired.
 */
export type MessageState = 'retrying' | 'dead' | 'delivered' | 'dropped' | 'over'

/** The state that outlives a run. */
export interface CarriedMessageState {
  readonly state: MessageState
  /** As it stands in the search attribute. */
  readonly shown: MessageState
  /** Tries of this workflow that were no success, since the schedule began. */
  readonly tries: number
  readonly lastStatus?: number
  readonly lastError?: string
  /** When it is tried, or looked after, next: ms since the epoch. */
  readonly dueAtMs: number
  readonly held?: string
  /** How often in a row it was held. */
  readonly holds: number
  readonly retryNow: boolean
  /** It was replayed and refused once more. */
  readonly refusedAgain: boolean
}

/** What a message's workflow knows. */
export type MessageMemory = {
  -readonly [Name in keyof CarriedMessageState]: CarriedMessageState[Name]
}

/** Every try counts, whatever the answer; after the last of the schedule the message is dead. */
export const maxTries = backOffScheduleMs.length

const minute = 60_000
const hour = 60 * minute
/** A dead message may leave the journal at any time: its workflow looks as often as this. */
const lookMs = 24 * hour
/** An endpoint that comes back is given this time for its probe, and up to as much again, so that not all messages come at once. */
const probeMs = 15_000
/** An endpoint that is paused or disabled is asked after a minute, two, four… */
const firstHoldMs = minute
const longestHoldMs = hour

/** The state with which a run starts. `random` is from 0 to below 1. */
export function createMemory(
  { carried, state, lastStatus, lastError }: MessageDeliveryInput,
  nowMs: number,
  random: number,
): MessageMemory {
  if (carried !== undefined) return { ...carried }
  return {
    state,
    shown: state,
    tries: 0,
    ...(lastStatus === undefined ? {} : { lastStatus }),
    ...(lastError === undefined ? {} : { lastError }),
    dueAtMs: nowMs + (state === 'dead' ? lookMs : backOffDelayMs(1, undefined, random)),
    holds: 0,
    retryNow: false,
    refusedAgain: false,
  }
}

/** Whether there is still something to do. */
export function isOpen({ state }: MessageMemory): boolean {
  return state === 'retrying' || state === 'dead'
}

/** Whether the last try of the schedule has failed. */
export function isExhausted({ state, tries }: MessageMemory): boolean {
  return state === 'retrying' && tries >= maxTries
}

/** Notes how a try ended. A message that was dropped meanwhile stays so. */
export function applyTry(
  memory: MessageMemory,
  result: MessageResult,
  nowMs: number,
  random: number,
): void {
  if (!isOpen(memory)) return
  switch (result.outcome) {
    case 'delivered':
    case 'over':
      memory.state = result.outcome
      return
    case 'held':
      memory.held = result.error ?? 'unknown'
      memory.holds += 1
      memory.dueAtMs = nowMs + holdMs(memory, result.until, nowMs, random)
      return
    case 'refused':
    case 'trouble':
      applyFailure(memory, result, nowMs, random)
  }
}

function applyFailure(
  memory: MessageMemory,
  { status, error, retryAfterMs }: MessageResult,
  nowMs: number,
  random: number,
): void {
  memory.tries += 1
  memory.holds = 0
  delete memory.held
  memory.lastError = error ?? 'unknown'
  if (status === undefined) delete memory.lastStatus
  else memory.lastStatus = status
  memory.dueAtMs =
    nowMs +
    (memory.state === 'dead' ? lookMs : backOffDelayMs(memory.tries + 1, retryAfterMs, random))
}

function holdMs(
  { state, holds }: MessageMemory,
  until: number | undefined,
  nowMs: number,
  random: number,
) {
  // Only an operator tries what is dead.
  if (state === 'dead') return lookMs
  if (until !== undefined) return Math.floor(Math.max(0, until - nowMs) + probeMs * (1 + random))
  const delayMs = Math.min(firstHoldMs * 2 ** Math.min(holds - 1, 10), longestHoldMs)
  return Math.floor(delayMs * (1 + 0.2 * random))
}

/** Notes that the message is dead now. */
export function applyDeath(memory: MessageMemory, nowMs: number): void {
  memory.state = 'dead'
  memory.dueAtMs = nowMs + lookMs
}

/** Notes that the journal still has the message as dead. */
export function applyLook(memory: MessageMemory, nowMs: number): void {
  memory.dueAtMs = nowMs + lookMs
}

/** Begins the schedule anew where the message is dead: it was replayed and refused once more. */
export function applyRefusal(memory: MessageMemory, nowMs: number, random: number): void {
  memory.refusedAgain = false
  if (memory.state !== 'dead') return
  memory.state = 'retrying'
  memory.tries = 0
  memory.holds = 0
  delete memory.held
  memory.dueAtMs = nowMs + backOffDelayMs(1, undefined, random)
}

/** What the `status` query answers. */
export function messageStatusOf(memory: MessageMemory): MessageStatus {
  const { state, tries, lastStatus, lastError, held, dueAtMs } = memory
  return {
    state,
    tries,
    ...(lastStatus === undefined ? {} : { lastStatus }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(held === undefined ? {} : { held }),
    ...(state === 'retrying' ? { nextAttemptAt: new Date(dueAtMs).toISOString() } : {}),
  }
}
