import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { EndpointNote } from '../activities/delivery/operations-journal.ts'
import type { WaitingReplay } from './endpoint/replay-requests.ts'
import type { CarriedMessageState, MessageState } from './message/message-memory.ts'

/**
 * To an endpoint: something was appended to the journal. Also starts the workflow; says nothing that is not in the journal,
 * so that it may come any number of times.
 */
export const wakeUpSignal = defineSignal('wakeUp')

/** To an endpoint: stop sending until `resume`. */
export const pauseSignal = defineSignal('pause')

/** To an endpoint: send again after `pause`. */
export const resumeSignal = defineSignal('resume')

/** To an endpoint or a message: end the current wait. */
export const retryNowSignal = defineSignal('retryNow')

/** To an endpoint: stop sending until `enable`, as if it had answered 410. */
export const disableSignal = defineSignal('disable')

/** To an endpoint: send again after it answered 410 or was disabled; what was kept is sent too. */
export const enableSignal = defineSignal('enable')

/** To an endpoint: send messages once more, with their ids. Without a request all that are dead. */
export const replaySignal = defineSignal<[ReplayRequest?]>('replay')

/** To a message that is dead: it was replayed and refused once more; try again, by the schedule. */
export const refusedSignal = defineSignal('refused')

/** To a message that is retrying or dead: give it up for good. */
export const dropUpdate = defineUpdate<{ readonly state: 'dropped' }, [DropRequest]>('drop')

/** What an operator asks an endpoint. */
export const statusQuery = defineQuery<EndpointStatus>('status')

/** What an operator asks a message. */
export const messageStatusQuery = defineQuery<MessageStatus>('status')

/** Which messages of an endpoint are sent once more: these, and all since a time; without either all that are dead. */
export interface ReplayRequest {
  /** RFC 3339. Whatever was journalled since then, delivered or not. */
  readonly since?: string
  /** At least one, 1,000 at most. */
  readonly ids?: readonly string[]
}

/** Why a message is dropped. */
export interface DropRequest {
  /** 1 to 500 characters. */
  readonly reason: string
}

export type EndpointState = EndpointNote['state']

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
  /** True while a replay is under way or waits. */
  readonly replaying?: boolean
  /** Messages that replays have put into the queue once more, once there were any. */
  readonly replayed?: number
  /** Messages that became dead since they had waited for longer than the whole schedule, once there were any. */
  readonly exhausted?: number
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

/** The state that outlives a run. What is optional may also be missing since an older version has handed it over. */
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
  /** The first of them may have come some way. */
  readonly replays?: readonly WaitingReplay[]
  /** The journal was told of failures, and not yet that they are over. */
  readonly isTroubleNoted?: boolean
  readonly replayed?: number
  readonly exhausted?: number
  /** What the last request that was not met had against it: a sentence. */
  readonly objection?: string
}

/** A message as its workflow sees it. */
export interface MessageStatus {
  readonly state: MessageState
  /** Tries that this workflow has made, of the nine of the schedule. */
  readonly tries: number
  readonly lastStatus?: number
  readonly lastError?: string
  /** Why nothing is sent at the moment: the state of its endpoint. */
  readonly held?: string
  /** RFC 3339; only while it waits for its next try. */
  readonly nextAttemptAt?: string
}

/** With what `messageDelivery` starts: names only. */
export interface MessageDeliveryInput {
  readonly clientId: string
  readonly endpointId: string
  /** Shown to operators. */
  readonly host: string
  readonly messageId: string
  readonly correlationId: string
  /** The place of the message in the journal. */
  readonly position: number
  /** As it stands in the journal. */
  readonly state: 'retrying' | 'dead'
  /** The answer that refused it, where it is known. */
  readonly lastStatus?: number
  readonly lastError?: string
  /** What a run hands to the next one of the same workflow. */
  readonly carried?: CarriedMessageState
}

/** The id of an endpoint's workflow. */
export function endpointWorkflowId(endpoint: { clientId: string; endpointId: string }): string {
  return `endpoint/${endpoint.clientId}/${endpoint.endpointId}`
}

/** The id of a message's workflow. */
export function messageWorkflowId(messageId: string): string {
  return `message/${messageId}`
}
