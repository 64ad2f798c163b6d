import { availableParallelism } from 'node:os'
import { z } from 'zod'
import {
  kafkaConsumerSettings,
  temporalSettings,
  tokenSettings,
} from '../../lib/config/common-settings.ts'
import { integer, setting, type Config } from '../../lib/config/settings.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { createProducer } from '../../lib/kafka/create-producer.ts'
import { startConsumer } from '../../lib/kafka/start-consumer.ts'
import {
  defineRole,
  type RoleContext,
  type RoleDefinition,
  type RunningRole,
} from '../../lib/process/run-role.ts'
import { installTemporalRuntime, startWorker } from '../../lib/temporal/start-worker.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import { topics, type RoleName } from '../../lib/topology.ts'
import type { VisionService } from './define-vision-service.ts'
import { createChildEngine } from './create-child-engine.ts'
import { createSyntheticEngine } from './create-synthetic-engine.ts'
import { createVisionActivities } from './create-vision-activities.ts'
import { handleImage } from './handle-image.ts'
import type { InferenceEngine } from './inference-engine.ts'
import { createVisionMetrics, type VisionMetrics } from './vision-metrics.ts'
import { visionSettings } from './vision-settings.ts'

const mebibyte = 1024 * 1024

/** The settings of a vision process. */
const settings = {
  ...kafkaConsumerSettings,
  ...temporalSettings,
  ...tokenSettings,
  ...visionSettings,
  visionChildren: setting(
    integer(1, 256).optional(),
    'Child processes that run models; by default one for each core of the machine, at a low priority: services share the cores as they need them',
  ),
  visionImageTimeoutMs: setting(
    integer(1_000, 600_000).default(120_000),
    'A child that works longer on one image hangs, and is replaced',
  ),
  visionPendingBytes: setting(
    integer(16 * mebibyte, 4096 * mebibyte).default(64 * mebibyte),
    'Images in memory at most: those that wait and those that are worked on',
  ),
  evaluationFolder: setting(
    z.string().optional(),
    'The folder whose files the activity evaluateImages may read, for measurements; without it there is no such activity',
  ),
} as const

type VisionSettings = typeof settings

/** A question that takes longer is asked again, of another process. */
const activityGraceMs = 5_000

/** What a vision service's process is made of. */
export interface VisionRoleOptions<Settings> {
  readonly name: RoleName
  readonly service: VisionService<Settings>
  /** The module that exports the service under its name: child processes import it. */
  readonly module: URL
}

/** Makes a role of a vision service: reads images, has them worked on, and sends what was found. */
export function visionRole<Settings>(
  options: VisionRoleOptions<Settings>,
): RoleDefinition<VisionSettings> {
  return defineRole({
    name: options.name,
    settings,
    start: (context) => start(options, context),
  })
}

async function start<Settings>(
  options: VisionRoleOptions<Settings>,
  context: RoleContext<VisionSettings>,
): Promise<RunningRole> {
  const { service, name } = options
  const { config, logger, fail } = context
  const metrics = createVisionMetrics(context.metrics)
  const kafka = {
    brokers: config.kafkaBrokers,
    topicPrefix: config.kafkaTopicPrefix,
    clientId: name,
    logger,
  }
  const engine = await startEngine(options, context, metrics)
  const producer = await createProducer(kafka)
  const verifier = createTokenVerifier({
    keysDirectory: config.ipsKeysDirectory,
    issuer: config.tokenIssuer,
    cacheSize: config.tokenCacheSize,
    metrics: context.metrics,
  })
  const clock = () => performance.now()
  const dependencies = { service, group: name, verifier, engine, producer, metrics, logger, clock }
  const consumer = await startConsumer({
    ...kafka,
    group: name,
    topics: [topics.ingest.name],
    ordered: false,
    countsFailures: true,
    concurrentPartitions: topics.ingest.partitions,
    maxFetchBytes: config.visionPendingBytes,
    sessionTimeoutMs: config.kafkaSessionTimeoutMs,
    async handle(records, batch) {
      for (const record of records) await handleImage(record, batch, dependencies)
    },
    onCrash: fail,
  })
  const worker = startActivities(options, context, engine)
  return {
    readiness: () => ({
      kafka: consumer.isConnected() ? 'ok' : 'not a member of the consumer group',
      inference: engine.readiness(),
    }),
    async stop() {
      await Promise.all([consumer.stop(), worker.stop()])
      await Promise.all([engine.stop(), producer.disconnect()])
    },
  }
}

async function startEngine<Settings>(
  { service, module }: VisionRoleOptions<Settings>,
  { config, logger }: RoleContext<VisionSettings>,
  metrics: VisionMetrics,
): Promise<InferenceEngine> {
  if (config.synthetic) return createSyntheticEngine(service)
  if (config.modelsDirectory === undefined) {
    throw new IpsError('config-invalid', 'MODELS_DIRECTORY is needed, or SYNTHETIC=true')
  }
  return createChildEngine({
    child: {
      module: module.href,
      service: service.name,
      modelsDirectory: config.modelsDirectory,
      executionProviders: config.executionProviders,
    },
    models: service.models,
    size: childrenOf(config),
    timeoutMs: config.visionImageTimeoutMs,
    metrics,
    logger,
  })
}

/** Serves the service's questions on its task queue, as soon as Temporal is there. */
function startActivities<Settings>(
  { service, name }: VisionRoleOptions<Settings>,
  { config, logger, fail }: RoleContext<VisionSettings>,
  engine: InferenceEngine,
) {
  installTemporalRuntime(logger)
  return startWorker({
    address: config.temporalAddress,
    namespace: config.temporalNamespace,
    taskQueue: config.temporalTaskQueuePrefix + name,
    activities: createVisionActivities(service, engine, config),
    maxConcurrentActivities: childrenOf(config) * 2,
    shutdownGraceTimeMs: activityGraceMs,
    logger,
    onCrash: fail,
  })
}

function childrenOf(config: Config<VisionSettings>): number {
  // A fixed share would leave cores idle while one service has more to do than another.
  return config.visionChildren ?? availableParallelism()
}
