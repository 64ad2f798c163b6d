import { randomUUID } from 'node:crypto'
import { Context } from '@temporalio/activity'
import { isClientErased } from '../lib/client-keys/create-client-keys.ts'
import { IpsError } from '../lib/errors/ips-error.ts'
import type { RandomBytes } from '../lib/telemetry/trace-context.ts'
import type { AttemptEvent } from './delivery/attempt-parcel.ts'
import type { UrlPolicy } from './delivery/check-endpoint-url.ts'
import type { ByteBudget } from './delivery/create-byte-budget.ts'
import type { Lanes } from './delivery/create-lanes.ts'
import { createSigner } from './delivery/create-signer.ts'
import type { DeliveryJournal } from './delivery/delivery-journal.ts'
import type { DeliveryResult, DeliveryRunOptions } from './delivery/delivery-run.ts'
import { readEndpointUrl } from './delivery/read-endpoint-url.ts'
import { runDelivery } from './delivery/run-delivery.ts'

export type { DeliveryResult } from './delivery/delivery-run.ts'

/** What sending to endpoints needs, whatever is sent. */
export interface SendingDependencies {
  /** The ways to endpoints, shared by everything in this process that sends. */
  readonly lanes: Lanes
  readonly urlPolicy: UrlPolicy
  readonly userAgent: string
  /** Aborted when this process stops: its endpoints are handed over at once. */
  readonly stopping: AbortSignal
  readonly random: RandomBytes
  readonly onAttempt: (event: AttemptEvent) => void
  readonly clock?: () => number
}

/** What the delivery of webhooks needs. */
export interface DeliveryDependencies extends SendingDependencies {
  readonly journal: DeliveryJournal
  /** Of the process, for bodies that are read ahead. */
  readonly budget: ByteBudget
  readonly lingerMs: number
  /** See `DeliveryRunOptions`. */
  readonly isCrowded?: () => boolean
  /** Called when a message was refused and is for a workflow of its own. */
  readonly onRefused?: () => void
}

/** What the workflow of an endpoint calls. */
export interface DeliveryActivities {
  /**
   * Delivers what the endpoint's journal holds, and what comes meanwhile. Long: ends when the endpoint has fallen asleep,
   * is in trouble, or when it is interrupted or its worker stops; a `probe` also with the first message that arrives.
   * Idempotent but for messages that were sent and not yet settled, which are sent again with the same id.
   */
  deliverEndpoint(target: {
    clientId: string
    endpointId: string
    probe: boolean
    /** See `DeliveryRunOptions`. */
    wasMostlyRefused?: boolean
  }): Promise<DeliveryResult>
  /** Makes a running `deliverEndpoint` end early, wherever it runs. Without effect where there is none. */
  interruptEndpoint(target: { endpointId: string }): Promise<void>
}

/** A heartbeat that reaches the server costs 3 ms; the SDK sends one in 24 s at most. */
const heartbeatIntervalMs = 8_000

const nothing = { outcome: 'asleep', delivered: 0, refused: 0 } as const

/** Creates the activities of `endpointDelivery`. */
export function createDeliveryActivities(dependencies: DeliveryDependencies): DeliveryActivities {
  const { journal } = dependencies
  return {
    async deliverEndpoint({ endpointId, probe, wasMostlyRefused = false }) {
      const interrupted = new AbortController()
      // Before the settings are read: a change of them interrupts.
      const unsubscribe = journal.subscribe(endpointId, {
        onInterrupted: () => interrupted.abort(),
      })
      try {
        const prepared = await prepare(dependencies, endpointId)
        // The journal does not know it: there is nothing to deliver.
        if (prepared === undefined) return nothing
        const target = { ...prepared, endpointId, wasMostlyRefused }
        return await deliver(dependencies, target, probe, interrupted.signal)
      } catch (error) {
        // While it was delivered to: what the journal still holds of it can be read by nobody.
        if (isClientErased(error)) return nothing
        if (!(error instanceof IpsError) || error.retryable) throw error
        // Nothing that a repetition mends: the endpoint's own settings are in trouble.
        return { outcome: 'trouble', delivered: 0, refused: 0, error: error.code }
      } finally {
        unsubscribe()
      }
    },
    interruptEndpoint: ({ endpointId }) => journal.interrupt(endpointId),
  }
}

/** What a run needs to know of its endpoint. */
type Prepared = Pick<DeliveryRunOptions, 'endpoint' | 'owner' | 'signer' | 'url'>

async function prepare(
  { journal, urlPolicy }: DeliveryDependencies,
  endpointId: string,
): Promise<Prepared | undefined> {
  const owner = randomUUID()
  const endpoint = await journal.claim(endpointId, owner)
  if (endpoint === undefined) return undefined
  const url = readEndpointUrl(endpoint.url, urlPolicy)
  return { endpoint, owner, url, signer: createSigner(endpoint) }
}

async function deliver(
  dependencies: DeliveryDependencies,
  target: Prepared & Pick<DeliveryRunOptions, 'endpointId' | 'wasMostlyRefused'>,
  probe: boolean,
  interrupted: AbortSignal,
): Promise<DeliveryResult> {
  const { lanes, stopping, onAttempt, clock = Date.now } = dependencies
  const { endpointId, endpoint, url } = target
  const lane = lanes.enter(endpointId, url, endpoint)
  if (probe) lane.probe()
  const context = Context.current()
  const progress = { attempts: 0, delivered: 0 }
  // The workflow learns at once that the trouble is over, not when its next activity ends; the lane knows how slowly to go on.
  const recovered = new AbortController()
  const beat = setInterval(() => context.heartbeat(progress), heartbeatIntervalMs)
  try {
    return await runDelivery({
      ...dependencies,
      ...target,
      lane,
      clock,
      stop: AbortSignal.any([stopping, context.cancellationSignal, interrupted, recovered.signal]),
      onAttempt(event) {
        progress.attempts += 1
        if (event.kind === 'delivered') {
          progress.delivered += event.messages
          if (probe) recovered.abort()
        }
        onAttempt(event)
      },
    })
  } finally {
    clearInterval(beat)
    lanes.leave(endpointId)
  }
}
