import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Producer } from '../../lib/kafka/create-producer.ts'
import type { IncomingRecord } from '../../lib/kafka/incoming-record.ts'
import { sendDeadLetter } from '../../lib/kafka/send-dead-letter.ts'
import type { BatchContext } from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { traceIdOf } from '../../lib/telemetry/trace-context.ts'
import { topics } from '../../lib/topology.ts'
import type { TokenVerifier } from '../../lib/token/verified-token.ts'
import type { VisionService } from './define-vision-service.ts'
import type { InferenceEngine } from './inference-engine.ts'
import { readImageWork, type ImageWork } from './read-image-work.ts'
import type { VisionMetrics } from './vision-metrics.ts'
import { writeImageMessages, type ImageFailure, type ImageOutcome } from './write-image-messages.ts'

/** An image that costs so many children is given up. */
export const maxLostChildren = 3

/** What handling an image needs. */
export interface HandleImageDependencies<Settings> {
  readonly service: VisionService<Settings>
  /** The consumer group, named in dead letters. */
  readonly group: string
  readonly verifier: TokenVerifier
  readonly engine: InferenceEngine
  readonly producer: Producer
  readonly metrics: VisionMetrics
  readonly logger: Logger
  /** Milliseconds, for durations. */
  readonly clock: () => number
}

/** How an image ended: `processed`, `failed` (a message says why), `unauthorised` (nothing was asked for), `rejected`. */
interface Ending {
  readonly kind: 'processed' | 'failed' | 'unauthorised' | 'rejected'
  /** For the log. */
  readonly fields: object
}

/**
 * Handles one record of `ingest-1`: afterwards everything that it causes is durable, and only then it is completed. Throws
 * where it must come again: a retryable `IpsError`, or any error when `context.signal` was aborted.
 */
export async function handleImage<Settings>(
  record: IncomingRecord,
  context: BatchContext,
  dependencies: HandleImageDependencies<Settings>,
): Promise<void> {
  const { clock, metrics, logger, service } = dependencies
  const startedAt = clock()
  metrics.pending.inc()
  const { kind, fields } = await workOn(record, context, dependencies).finally(() => {
    metrics.pending.dec()
  })
  context.complete(record)
  const durationMs = clock() - startedAt
  metrics.images.inc({ outcome: kind })
  metrics.duration.observe(durationMs / 1_000)
  logger.info(
    { ...fields, service: service.name, outcome: kind, bytes: record.value.length, durationMs },
    'image.handled',
  )
}

async function workOn<Settings>(
  record: IncomingRecord,
  context: BatchContext,
  dependencies: HandleImageDependencies<Settings>,
): Promise<Ending> {
  const work = await readOrReject(record, dependencies)
  if ('kind' in work) return work
  const { correlationId, imageId, traceparent } = work.envelope
  const about = { correlationId, imageId, clientId: work.clientId, traceId: traceIdOf(traceparent) }
  if (work.requests.length === 0) return { kind: 'unauthorised', fields: about }
  const outcome = await infer(record, work, context, dependencies)
  const versions = work.requests.map(({ version }) => version)
  const failure = await publish(work, outcome, dependencies)
  return {
    kind: failure === undefined ? 'processed' : 'failed',
    fields: { ...about, versions, failure },
  }
}

/** The work, or the ending of a record that cannot be read or has no good token. */
async function readOrReject<Settings>(
  record: IncomingRecord,
  dependencies: HandleImageDependencies<Settings>,
): Promise<ImageWork | Ending> {
  const { service, verifier, logger, metrics } = dependencies
  try {
    return await readImageWork(record.value, {
      service,
      verifier,
      onMalformedClaim(claim, { message }, { correlationId, imageId }) {
        metrics.malformedClaims.inc()
        logger.warn({ claim, detail: message, correlationId, imageId }, 'claim.malformed')
      },
    })
  } catch (error) {
    if (!(error instanceof IpsError) || error.retryable) throw error
    const reason = { code: error.code, detail: error.message }
    await sendDeadLetter(dependencies.producer, dependencies.group, record, reason)
    metrics.failures.inc({ code: error.code })
    return {
      kind: 'rejected',
      fields: { reason, topic: record.topic, partition: record.partition },
    }
  }
}

/** Tries until there are results, the image turns out to be at fault, or it has cost too many children. */
async function infer<Settings>(
  record: IncomingRecord,
  { envelope: { imageId }, content, requests, summarised }: ImageWork,
  context: BatchContext,
  { engine, producer, group, logger }: HandleImageDependencies<Settings>,
): Promise<ImageOutcome> {
  let lostChildren = context.failures(record)
  while (lostChildren < maxLostChildren) {
    try {
      return {
        results: await engine.infer({ imageId, content, requests, summarised }, context.signal),
      }
    } catch (error) {
      if (!(error instanceof IpsError)) throw error
      if (!error.retryable) return { failure: { code: error.code, detail: error.message } }
      if (error.code !== 'inference-crashed' && error.code !== 'inference-timed-out') throw error
      lostChildren = await context.fail(record)
      logger.warn({ error, imageId, lostChildren }, 'image.cost-a-child')
    }
  }
  const failure = {
    code: 'image-poisonous',
    detail: `the image crashed or hung its process ${lostChildren} times`,
  }
  await sendDeadLetter(producer, group, record, failure)
  return { failure }
}

/** Sends the image's messages in one go; returns the failure of the first version that has one. */
async function publish<Settings>(
  work: ImageWork,
  outcome: ImageOutcome,
  { service, engine, producer, metrics }: HandleImageDependencies<Settings>,
): Promise<ImageFailure | undefined> {
  const { records, failure } = writeImageMessages(service.name, work, outcome, engine.description)
  await producer.send(topics.vision.name, records)
  metrics.results.inc(records.length - work.requests.length)
  if (failure !== undefined) metrics.failures.inc({ code: failure.code })
  return failure
}
