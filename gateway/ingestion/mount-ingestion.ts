import { startProducer } from '../../lib/kafka/start-producer.ts'
import { watchGroups } from '../../lib/kafka/watch-groups.ts'
import type { Config } from '../../lib/config/settings.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { Counter, Gauge, type Registry } from '../../lib/telemetry/create-metrics.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import { roles, topics, type TopicId } from '../../lib/topology.ts'
import type { App } from '../create-app.ts'
import type { MountedService } from '../mounted-service.ts'
import { createAdmission } from './create-admission.ts'
import { createByteBudget, type ByteBudget } from './create-byte-budget.ts'
import { createPublisher } from './create-publisher.ts'
import { createRateLimiter } from './create-rate-limiter.ts'
import type { IdentifiedImage } from './ingest-envelopes.ts'
import type { ingestionSettings } from './ingestion-settings.ts'
import { maxBodyBytes } from './ingest-images.ts'
import { registerIngestion } from './register-ingestion.ts'

/** How often Kafka is looked at: an outage is noticed, and its end, in this time. */
const watchIntervalMs = 2_000
/** A vision service starts with its models, joins its group and processes its first image well within this time. */
const noProgressMs = 120_000

/** The groups that read what ingestion writes. */
const ingestGroups = Object.entries(roles)
  .filter(([, { consumes }]) => (consumes as readonly TopicId[]).includes('ingest'))
  .map(([name]) => name)

/** Mounts ingestion on an app. Starts without Kafka too: it then answers 503 until Kafka is there. */
export function mountIngestion(
  app: App,
  options: { config: Config<typeof ingestionSettings>; logger: Logger; metrics: Registry },
): MountedService {
  const { config, logger, metrics } = options
  const kafka = {
    brokers: config.kafkaBrokers,
    topicPrefix: config.kafkaTopicPrefix,
    clientId: 'ingestion',
    logger,
  }
  const producer = startProducer(kafka)
  const watch = watchGroups({
    ...kafka,
    topic: topics.ingest.name,
    groups: ingestGroups,
    intervalMs: watchIntervalMs,
    noProgressMs,
  })
  const reachable = () => (producer.isEverConnected() ? watch.reachable() : 'not connected yet')
  const budget = createByteBudget({
    totalBytes: config.ingestMaxBytesInFlight,
    clientBytes: Math.max(config.ingestMaxBytesInFlight / 2, maxBodyBytes),
  })
  const random = Math.random
  registerIngestion(app, {
    tokens: createTokenVerifier({
      keysDirectory: config.ipsKeysDirectory,
      issuer: config.tokenIssuer,
      cacheSize: config.tokenCacheSize,
      metrics,
    }),
    admission: createAdmission({
      budget,
      random,
      kafka: reachable,
      lags: watch.lags,
      maxLagSeconds: config.admissionMaxLagSeconds,
    }),
    budget,
    rates: createRateLimiter({ now: () => performance.now() }),
    publisher: createPublisher({ producer, maxBytes: config.ingestMaxBytesProducing }),
    pace: { windowMs: config.ingestPaceWindowMs, minBytes: config.ingestPaceMinBytes },
    produceTimeoutMs: config.ingestProduceTimeoutMs,
    random,
    now: () => new Date(),
    onIngested: countIngested(metrics, budget),
  })
  return {
    readiness: () => ({ kafka: reachable() }),
    async stop() {
      await Promise.all([watch.stop(), producer.disconnect()])
    },
  }
}

function countIngested(
  metrics: Registry,
  budget: ByteBudget,
): (images: readonly IdentifiedImage[]) => void {
  const images = new Counter({
    name: 'ips_ingested_images_total',
    help: 'Images accepted and stored',
    labelNames: ['type'],
    registers: [metrics],
  })
  const bytes = new Counter({
    name: 'ips_ingested_bytes_total',
    help: 'Bytes of the images accepted and stored',
    registers: [metrics],
  })
  new Gauge({
    name: 'ips_ingest_bytes_in_flight',
    help: 'Bytes of bodies in memory',
    registers: [metrics],
    collect() {
      this.set(budget.usedBytes())
    },
  })
  return (ingested) => {
    for (const { mimeType, content } of ingested) {
      images.inc({ type: mimeType })
      bytes.inc(content.length)
    }
  }
}
