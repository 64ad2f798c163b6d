import { continueTrace, type RandomBytes } from '../../lib/telemetry/trace-context.ts'
import { classifyAttempt, type AttemptClass, type AttemptResult } from './classify-attempt.ts'
import type { Sender } from './create-sender.ts'
import type { Signer } from './create-signer.ts'
import type { AttemptRecord, EndpointTarget } from './delivery-journal.ts'
import { bodyOf, type Parcel } from './parcel.ts'

/** What is told of every attempt, for logs and metrics; nothing of what the endpoint said in words. */
export interface AttemptEvent {
  readonly endpointId: string
  readonly clientId: string
  /** The `webhook-id`: a message's, or a batch's. */
  readonly messageId: string
  readonly messages: number
  /** Of the first message. */
  readonly correlationId: string
  readonly traceparent: string
  readonly kind: AttemptClass['kind']
  readonly status?: number
  readonly error?: string
  readonly address?: string
  readonly durationMs: number
}

/** What an attempt needs. */
export interface AttemptOptions {
  readonly signer: Signer
  readonly endpointId: string
  readonly endpoint: Pick<EndpointTarget, 'clientId'>
  readonly url: URL
  readonly userAgent: string
  readonly clock: () => number
  readonly random: RandomBytes
  readonly onAttempt: (event: AttemptEvent) => void
}

/** What an attempt means, and what the journal keeps of it. */
export interface Attempt {
  readonly outcome: AttemptClass
  readonly record: AttemptRecord
}

/** POSTs one parcel, signed, and says what the answer means. Rejects only with what `onAttempt` throws. */
export async function attemptParcel(
  sender: Pick<Sender, 'post'>,
  options: AttemptOptions,
  parcel: Parcel,
): Promise<Attempt> {
  const { url, clock } = options
  const at = clock()
  const startedAt = performance.now()
  const timestamp = Math.floor(at / 1_000)
  const traceparent = continueTrace(parcel.messages[0]?.traceparent, options.random)
  const body = bodyOf(parcel)
  const result = await sender.post({
    path: url.pathname + url.search,
    headers: {
      'content-type': 'application/json',
      'user-agent': options.userAgent,
      'webhook-id': parcel.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': options.signer(parcel.id, timestamp, body),
      traceparent,
    },
    body,
  })
  const durationMs = Math.round(performance.now() - startedAt)
  const outcome = classifyAttempt(result, clock())
  options.onAttempt(eventOf(options, parcel, { outcome, result, durationMs, traceparent }))
  return { outcome, record: recordOf(result, outcome, at, durationMs) }
}

function eventOf(
  { endpointId, endpoint }: AttemptOptions,
  { id, messages }: Parcel,
  attempt: {
    readonly outcome: AttemptClass
    readonly result: AttemptResult
    readonly durationMs: number
    readonly traceparent: string
  },
): AttemptEvent {
  const { outcome, result, durationMs, traceparent } = attempt
  return {
    endpointId,
    clientId: endpoint.clientId,
    messageId: id,
    messages: messages.length,
    correlationId: messages[0]?.correlationId ?? '',
    traceparent,
    kind: outcome.kind,
    ...(outcome.status === undefined ? undefined : { status: outcome.status }),
    ...('error' in outcome ? { error: outcome.error } : undefined),
    ...(result.address === undefined ? undefined : { address: result.address }),
    durationMs,
  }
}

function recordOf(
  result: AttemptResult,
  outcome: AttemptClass,
  at: number,
  durationMs: number,
): AttemptRecord {
  const { address } = result
  const answer = 'answer' in result ? result.answer : undefined
  return {
    at,
    durationMs,
    ...(outcome.status === undefined ? undefined : { status: outcome.status }),
    ...('error' in outcome ? { error: outcome.error } : undefined),
    ...(address === undefined ? undefined : { address }),
    ...(answer === undefined ? undefined : { answer }),
  }
}
