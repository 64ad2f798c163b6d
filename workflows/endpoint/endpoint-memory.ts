import type { DeliveryResult } from '../../activities/deliver-endpoint.ts'
import type { CarriedEndpointState, EndpointDeliveryInput, EndpointStatus } from '../messages.ts'
import { backOffDelayMs } from './back-off-delay.ts'

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/** What an endpoint's workflow knows: what outlives its run, and what does not. */
export interface EndpointMemory extends Mutable<CarriedEndpointState> {
  /** A signal came that the current or last activity may not have seen in the journal. */
  woken: boolean
  retryNow: boolean
}

/** The state with which a run starts. */
export function createMemory({ carried }: EndpointDeliveryInput): EndpointMemory {
  const fresh = { paused: false, disabled: false, delivered: 0, refused: 0, failures: 0 }
  return { ...fresh, shown: 'delivering', ...carried, woken: false, retryNow: false }
}

/** What the next run of the workflow gets. */
export function carriedOf(memory: EndpointMemory): CarriedEndpointState {
  const { woken: _woken, retryNow: _retryNow, ...carried } = memory
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

/** What the `status` query answers. */
export function statusOf(memory: EndpointMemory): EndpointStatus {
  const { shown, delivered, refused, failures, lastStatus, lastError, resumeAtMs } = memory
  return {
    state: shown,
    delivered,
    refused,
    failures,
    ...(lastStatus === undefined ? {} : { lastStatus }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(resumeAtMs === undefined ? {} : { nextAttemptAt: new Date(resumeAtMs).toISOString() }),
  }
}

/** What the Temporal UI shows of an endpoint, as Markdown: never its URL or its secret. */
export function detailsOf(host: string, memory: EndpointMemory): string {
  const { state, delivered, refused, failures, lastError, nextAttemptAt } = statusOf(memory)
  return [
    `**${state}**: webhooks to ${host}`,
    `${delivered} delivered and ${refused} refused by this workflow`,
    ...(failures === 0
      ? []
      : [`${failures} failures in a row, the last: ${lastError ?? 'unknown'}`]),
    ...(nextAttemptAt === undefined ? [] : [`next attempt at ${nextAttemptAt}`]),
  ].join('\n\n')
}
