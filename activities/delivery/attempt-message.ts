import { continueTrace } from '../../lib/telemetry/trace-context.ts'
import { classifyAttempt, type AttemptClass } from './classify-attempt.ts'
import type { Sender } from './create-sender.ts'
import type { Signer } from './create-signer.ts'
import type { ClaimedEndpoint, QueuedMessage } from './delivery-journal.ts'

/** What is told of every attempt, for logs and metrics. */
export interface AttemptEvent {
  readonly endpointId: string
  readonly clientId: string
  readonly messageId: string
  readonly correlationId: string
  readonly traceparent: string
  readonly kind: AttemptClass['kind']
  readonly status?: number
  readonly error?: string
  readonly durationMs: number
}

/** What an attempt needs. */
export interface AttemptOptions {
  readonly sender: Sender
  readonly signer: Signer
  readonly endpointId: string
  readonly endpoint: Pick<ClaimedEndpoint, 'clientId'>
  readonly url: URL
  readonly userAgent: string
  readonly clock: () => number
  readonly onAttempt: (event: AttemptEvent) => void
}

/** POSTs one message, signed, and says what the answer means. Rejects only with what `onAttempt` throws. */
export async function attemptMessage(
  options: AttemptOptions,
  message: QueuedMessage,
): Promise<AttemptClass> {
  const { endpoint, endpointId, url, clock } = options
  const startedAt = clock()
  const timestamp = Math.floor(startedAt / 1_000)
  const traceparent = continueTrace(message.traceparent)
  const result = await options.sender.post({
    origin: url.origin,
    path: url.pathname + url.search,
    headers: {
      'content-type': 'application/json',
      'user-agent': options.userAgent,
      'webhook-id': message.messageId,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': options.signer(message.messageId, timestamp, message.body),
      traceparent,
    },
    body: message.body,
  })
  const endedAt = clock()
  const outcome = classifyAttempt(result, endedAt)
  const { messageId, correlationId } = message
  options.onAttempt({
    endpointId,
    clientId: endpoint.clientId,
    messageId,
    correlationId,
    traceparent,
    kind: outcome.kind,
    ...(outcome.status === undefined ? {} : { status: outcome.status }),
    ...('error' in outcome ? { error: outcome.error } : {}),
    durationMs: endedAt - startedAt,
  })
  return outcome
}
