import { defineQuery, defineSignal } from '@temporalio/workflow'

/**
 * Something was appended to the journal. Also starts the workflow; says nothing that is not in the journal, so that it may
 * come any number of times.
 */
export const wakeUpSignal = defineSignal('wakeUp')

/** Stop sending until `resume`. */
export const pauseSignal = defineSignal('pause')

/** Send again after `pause`. */
export const resumeSignal = defineSignal('resume')

/** End the current back-off. */
export const retryNowSignal = defineSignal('retryNow')

/** Send again after the endpoint answered 410; what was kept is sent too. */
export const enableSignal = defineSignal('enable')

/** What an operator asks an endpoint. */
export const statusQuery = defineQuery<EndpointStatus>('status')

export type EndpointState = 'idle' | 'delivering' | 'backing-off' | 'paused' | 'disabled'

/** An endpoint as its workflow sees it. */
export interface EndpointStatus {
  readonly state: EndpointState
  /** Messages delivered, and refused one by one, since the workflow started. */
  readonly delivered: number
  readonly refused: number
  /** Failures in a row; 0 while all goes well. */
  readonly failures: number
  /** The HTTP status that caused the last trouble. */
  readonly lastStatus?: number
  /** A stable word for the last trouble, for example `ECONNREFUSED` or `status-503`. */
  readonly lastError?: string
  /** RFC 3339; only while it backs off. */
  readonly nextAttemptAt?: string
}

/** With what `endpointDelivery` starts: names only. URL, secret and settings stay in the journal. */
export interface EndpointDeliveryInput {
  readonly clientId: string
  readonly endpointId: string
  /** Shown to operators. */
  readonly host: string
  /** What a run hands to the next one of the same workflow. */
  readonly carried?: CarriedEndpointState
}

/** The state that outlives a run. */
export interface CarriedEndpointState {
  /** As it stands in the search attribute. */
  readonly shown: EndpointState
  readonly paused: boolean
  readonly disabled: boolean
  readonly delivered: number
  readonly refused: number
  readonly failures: number
  readonly lastStatus?: number
  readonly lastError?: string
  /** In ms since the epoch. */
  readonly resumeAtMs?: number
}

/** The id of an endpoint's workflow. */
export function endpointWorkflowId(endpoint: { clientId: string; endpointId: string }): string {
  return `endpoint/${endpoint.clientId}/${endpoint.endpointId}`
}
