import { IpsError } from '../lib/errors/ips-error.ts'
import type { SendingDependencies } from './deliver-endpoint.ts'
import { attemptParcel, type Attempt } from './delivery/attempt-parcel.ts'
import { createSigner } from './delivery/create-signer.ts'
import type { OperationsJournal, RefusedMessage } from './delivery/operations-journal.ts'
import { batchOf, parcelOf } from './delivery/parcel.ts'
import { readEndpointUrl } from './delivery/read-endpoint-url.ts'

/** How the try of one message ended. */
export interface MessageResult {
  /**
   * `refused`: the endpoint does not want this message. `trouble`: the endpoint did not answer, or not as one that works, 410
   * included. `held`: nothing was sent, since the endpoint must be left alone or has no place at the moment. `over`: the
   * journal has the message as neither retrying nor dead any more.
   */
  readonly outcome: 'delivered' | 'refused' | 'trouble' | 'held' | 'over'
  readonly status?: number
  /** A stable word. With `held` the state of the endpoint, or `busy`. */
  readonly error?: string
  readonly retryAfterMs?: number
  /** With `held`: ms since the epoch, where it is known. */
  readonly until?: number
}

/** What the delivery of single messages needs. */
export interface MessageDependencies extends SendingDependencies {
  readonly journal: Pick<OperationsJournal, 'loadRefused' | 'logAttempt' | 'settleRefused'>
}

/** What the workflow of a message calls. */
export interface MessageActivities {
  /**
   * Sends a message once that has left the queue of its endpoint, within the limits of the endpoint's claim, and settles it
   * as delivered where it arrived. Short. Idempotent but for a message that arrived and could not be settled, which is sent
   * again with the same id. Throws what the journal throws.
   */
  deliverMessage(target: { endpointId: string; position: number }): Promise<MessageResult>
}

/** An endpoint that has no place for so long is slow: nobody else's messages shall wait for it. */
const placeTimeoutMs = 2_000

/** Creates the activities of `messageDelivery`. */
export function createMessageActivities(dependencies: MessageDependencies): MessageActivities {
  const { journal, clock = Date.now } = dependencies
  return {
    async deliverMessage({ endpointId, position }) {
      try {
        const refused = await journal.loadRefused(endpointId, position)
        if (refused === undefined) return { outcome: 'over' }
        if (refused.held !== undefined) {
          const { reason, until } = refused.held
          return { outcome: 'held', error: reason, ...(until === undefined ? {} : { until }) }
        }
        const attempt = await send(dependencies, endpointId, refused)
        if (attempt === undefined) return { outcome: 'held', error: 'busy', until: clock() }
        return await conclude(journal, { endpointId, position }, refused, attempt)
      } catch (error) {
        if (!(error instanceof IpsError) || error.retryable) throw error
        // Nothing that a repetition mends: the endpoint's own settings are in trouble.
        return { outcome: 'trouble', error: error.code }
      }
    },
  }
}

/** `undefined` where there was no place for it. */
async function send(
  dependencies: MessageDependencies,
  endpointId: string,
  { endpoint, message }: RefusedMessage,
): Promise<Attempt | undefined> {
  const { lanes, urlPolicy, stopping, clock = Date.now } = dependencies
  const url = readEndpointUrl(endpoint.url, urlPolicy)
  const signer = createSigner(endpoint)
  const parcel = endpoint.batch === undefined ? parcelOf(message) : batchOf([message], false)
  const lane = lanes.enter(endpointId, url, endpoint)
  try {
    if (!(await lane.takeWithin(placeTimeoutMs, stopping))) return undefined
    try {
      const options = { ...dependencies, endpointId, endpoint, url, signer, clock }
      return await attemptParcel(lane.sender, options, parcel)
    } finally {
      lane.release()
    }
  } finally {
    lanes.leave(endpointId)
  }
}

async function conclude(
  journal: MessageDependencies['journal'],
  { endpointId, position }: { readonly endpointId: string; readonly position: number },
  { message: { origin } }: RefusedMessage,
  { outcome, record }: Attempt,
): Promise<MessageResult> {
  if (outcome.kind === 'delivered') {
    const settlement = { endpointId, position, state: 'delivered', attempt: record } as const
    // Somebody may have dropped it meanwhile.
    const isSettled = await journal.settleRefused(settlement)
    return { outcome: isSettled ? 'delivered' : 'over', status: outcome.status }
  }
  await journal.logAttempt(endpointId, origin, record)
  const { kind, ...reason } = outcome
  return { outcome: kind === 'message-trouble' ? 'refused' : 'trouble', ...reason }
}
