import type { DeliveryResult } from '../../activities/deliver-endpoint.ts'
import type { EndpointNote } from '../../activities/delivery/operations-journal.ts'
import type {
  CarriedEndpointState,
  EndpointDeliveryInput,
  EndpointState,
  EndpointStatus,
} from '../messages.ts'
import { backOffDelayMs, backOffScheduleMs } from './back-off-delay.ts'
import { addReplay, readReplayRequest } from './replay-requests.ts'

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/** What an endpoint's workflow knows: what outlives its run, and what does not. */
export interface EndpointMemory
  extends
    Mutable<Required<Pick<CarriedEndpointState, 'replays'>>>,
    Mutable<Omit<CarriedEndpointState, 'replays'>> {
  /** A signal came that the current or last activity may not have seen in the journal. */
  woken: boolean
  retryNow: boolean
  /** What the journal was told last, since the last claim. */
  noted?: string
}

/** The state with which a run starts. */
export function createMemory({ carried }: EndpointDeliveryInput): EndpointMemory {
  const fresh = { paused: false, disabled: false, delivered: 0, refused: 0, failures: 0 }
  return { ...fresh, shown: 'delivering', replays: [], ...carried, woken: false, retryNow: false }
}

/** What the next run of the workflow gets. */
export function carriedOf(memory: EndpointMemory): CarriedEndpointState {
  const { woken: _woken, retryNow: _retryNow, noted: _noted, ...carried } = memory
  return carried
}

/** Notes how an activity ended. `nowMs` and `random` (0 to below 1) are the workflow's own. */
export function applyResult(
  memory: EndpointMemory,
  result: DeliveryResult,
  nowMs: number,
  random: number,
): void {
  memory.delivered += result.delivered
  memory.refused += result.refused
  if (result.delivered > 0) {
    memory.failures = 0
    delete memory.lastStatus
    delete memory.lastError
  }
  if (result.outcome !== 'trouble' && result.outcome !== 'gone') return
  const { status, error, retryAfterMs } = result
  memory.failures += 1
  memory.lastError = error ?? 'unknown'
  if (status === undefined) delete memory.lastStatus
  else memory.lastStatus = status
  if (result.outcome === 'gone') memory.disabled = true
  else memory.resumeAtMs = nowMs + backOffDelayMs(memory.failures, retryAfterMs, random)
}

/** Whether the last result says that a try has failed which came after the whole schedule. */
export function isScheduleOver({ failures }: EndpointMemory, { outcome }: DeliveryResult): boolean {
  return outcome === 'trouble' && failures > backOffScheduleMs.length
}

/** Sends again after a 410 or `disable`: at once, whatever the endpoint was doing then. */
export function applyEnable(memory: EndpointMemory): void {
  if (!memory.disabled) return
  memory.disabled = false
  delete memory.resumeAtMs
}

/** Notes what came with a `replay` signal, or what is against it. Never throws. */
export function applyReplay(memory: EndpointMemory, request: unknown): void {
  const read = readReplayRequest(request)
  if ('objection' in read) {
    memory.objection = `A replay was asked for and ignored: ${read.objection}`
    return
  }
  delete memory.objection
  for (const selection of read.selections) {
    const { replays, objection } = addReplay(memory.replays, selection)
    memory.replays = replays
    if (objection !== undefined)
      memory.objection = `A replay was asked for and ignored: ${objection}`
  }
}

/** Why nothing is sent at `nowMs`; `undefined` where nothing is against it. */
export function holdOf(
  { paused, disabled, resumeAtMs = 0 }: EndpointMemory,
  nowMs: number,
): Exclude<EndpointState, 'idle' | 'delivering'> | undefined {
  if (paused) return 'paused'
  if (disabled) return 'disabled'
  return resumeAtMs > nowMs ? 'backing-off' : undefined
}

/** Whether the workflow must go on although nothing is left to deliver. */
export function hasMoreToDo({ woken, paused, disabled, replays }: EndpointMemory): boolean {
  return woken || paused || disabled || replays.length > 0
}

/** What the `status` query answers. */
export function statusOf(memory: EndpointMemory): EndpointStatus {
  const { shown, delivered, refused, failures, lastStatus, lastError, resumeAtMs } = memory
  const { replays, replayed, exhausted } = memory
  return {
    state: shown,
    delivered,
    refused,
    failures,
    ...(lastStatus === undefined ? {} : { lastStatus }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(resumeAtMs === undefined ? {} : { nextAttemptAt: new Date(resumeAtMs).toISOString() }),
    ...(replays.length === 0 ? {} : { replaying: true }),
    ...(replayed === undefined ? {} : { replayed }),
    ...(exhausted === undefined ? {} : { exhausted }),
  }
}

/** What the journal is told, for messages’ workflows and operators. */
export function noteOf(memory: EndpointMemory, state: EndpointState): EndpointNote {
  const { failures, lastStatus, lastError, resumeAtMs } = memory
  return {
    state,
    failures,
    ...(lastStatus === undefined ? {} : { lastStatus }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(state === 'backing-off' && resumeAtMs !== undefined ? { nextAttemptAt: resumeAtMs } : {}),
  }
}
