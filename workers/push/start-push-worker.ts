import path from 'node:path'
import {
  createDeliveryActivities,
  type DeliveryActivities,
  type SendingDependencies,
} from '../../activities/deliver-endpoint.ts'
import { createMessageActivities } from '../../activities/deliver-message.ts'
import type { AttemptEvent } from '../../activities/delivery/attempt-parcel.ts'
import { createAddressPolicy } from '../../activities/delivery/create-address-policy.ts'
import { createByteBudget } from '../../activities/delivery/create-byte-budget.ts'
import { createConnector } from '../../activities/delivery/create-connector.ts'
import { createHostLimiter } from '../../activities/delivery/create-host-limiter.ts'
import { createLanes } from '../../activities/delivery/create-lanes.ts'
import { createSender } from '../../activities/delivery/create-sender.ts'
import type { DeliveryJournal } from '../../activities/delivery/delivery-journal.ts'
import type { OperationsJournal } from '../../activities/delivery/operations-journal.ts'
import { createOperationsActivities } from '../../activities/operate-endpoint.ts'
import type { Config } from '../../lib/config/settings.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { createRandomPool, traceIdOf } from '../../lib/telemetry/trace-context.ts'
import type { TemporalOptions } from '../../lib/temporal/connect-temporal.ts'
import { startWorker } from '../../lib/temporal/start-worker.ts'
import { withReadableFailures } from '../../lib/temporal/to-application-failure.ts'
import packageFile from '../../package.json' with { type: 'json' }
import { briefTaskQueueOf } from '../../workflows/brief-activities.ts'
import type { PushMetrics } from './create-push-metrics.ts'
import type { pushSettings } from './push-settings.ts'

/** What the read side needs. */
export interface PushWorkerOptions {
  readonly config: Config<typeof pushSettings>
  readonly temporal: TemporalOptions
  readonly taskQueue: string
  readonly journal: DeliveryJournal & OperationsJournal
  readonly metrics: PushMetrics
  readonly logger: Logger
  /** A message was refused, and is for a workflow of its own. */
  readonly onRefused: () => void
  readonly onCrash: (error: unknown) => void
}

/** Requests under way when a stop begins may take their whole deadline. */
const shutdownGraceTimeMs = 18_000
/**
 * Tries of single messages and operations that run side by side. A try of an endpoint that is slow to refuse takes 15 s, and 100
 * messages of it may be tried: they must not hold up the others.
 */
const maxBriefActivities = 256
/**
 * About half a MiB each, where the SDK's default would be above two thousand. An endpoint that backs off for hours is read again
 * from its few events when it goes on.
 */
const maxCachedWorkflows = 300
/** Bodies that are read ahead, of all endpoints together: a process has some hundred MiB. */
const maxReadAheadBytes = 128 * 1024 * 1024

/** Starts the read side: the workflows of endpoints and their deliveries. A stop hands the endpoints over at once. */
export function startPushWorker(options: PushWorkerOptions) {
  const { config, journal, metrics, logger } = options
  const stopping = new AbortController()
  const connector = createConnector(createAddressPolicy(config.pushAllowAddresses))
  const sending: SendingDependencies = {
    lanes: createLanes({
      hosts: createHostLimiter(config.pushMaxPerHost),
      createSender: (origin) => createSender({ origin, connector }),
    }),
    urlPolicy: { allowHttp: config.pushAllowHttp },
    userAgent: `ips/${packageFile.version}`,
    stopping: stopping.signal,
    random: createRandomPool(),
    onAttempt(event) {
      metrics.attempted(event)
      logAttempt(logger, event)
    },
  }
  const operations = createOperationsActivities({ journal })
  const common = { ...options.temporal, shutdownGraceTimeMs, logger, onCrash: options.onCrash }
  const workers = [
    startWorker({
      ...common,
      taskQueue: options.taskQueue,
      workflowsPath: path.join(import.meta.dirname, '../../workflows/index.ts'),
      activities: withReadableFailures({
        ...createLongActivities(options, sending),
        noteEndpoint: (target: Parameters<typeof operations.noteEndpoint>[0]) =>
          operations.noteEndpoint(target),
      }),
      maxConcurrentActivities: config.pushMaxEndpoints,
      bounds: { maxCachedWorkflows },
    }),
    startWorker({
      ...common,
      taskQueue: briefTaskQueueOf(options.taskQueue),
      activities: withReadableFailures({
        ...createMessageActivities({ ...sending, journal }),
        ...operations,
      }),
      maxConcurrentActivities: maxBriefActivities,
    }),
  ]
  return {
    isRunning: () => workers.every((worker) => worker.isRunning()),
    async stop() {
      stopping.abort()
      await Promise.all(workers.map((worker) => worker.stop()))
      await sending.lanes.close()
    },
  }
}

/** What takes as long as there is something to deliver, with what belongs to it. */
function createLongActivities(
  { config, journal, metrics, onRefused }: PushWorkerOptions,
  sending: SendingDependencies,
): DeliveryActivities {
  let running = 0
  const activities = createDeliveryActivities({
    ...sending,
    journal,
    onRefused,
    budget: createByteBudget(maxReadAheadBytes),
    lingerMs: config.pushLingerMs,
    isCrowded: () => running >= config.pushMaxEndpoints,
  })
  return {
    ...activities,
    async deliverEndpoint(target) {
      running += 1
      metrics.deliveryStarted()
      return activities.deliverEndpoint(target).finally(() => {
        running -= 1
        metrics.deliveryEnded()
      })
    },
  }
}

function logAttempt(logger: Logger, { traceparent, kind, ...event }: AttemptEvent): void {
  const fields = { ...event, traceId: traceIdOf(traceparent), outcome: kind }
  if (kind === 'delivered') logger.info(fields, 'webhook.attempted')
  else logger.warn(fields, 'webhook.attempted')
}
