import path from 'node:path'
import { createDeliveryActivities } from '../../activities/deliver-endpoint.ts'
import { createAddressPolicy } from '../../activities/delivery/create-address-policy.ts'
import { createConnector } from '../../activities/delivery/create-connector.ts'
import { createSender } from '../../activities/delivery/create-sender.ts'
import type { DeliveryJournal } from '../../activities/delivery/delivery-journal.ts'
import type { AttemptEvent } from '../../activities/delivery/attempt-message.ts'
import type { Config } from '../../lib/config/settings.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { traceIdOf } from '../../lib/telemetry/trace-context.ts'
import type { TemporalOptions } from '../../lib/temporal/connect-temporal.ts'
import { startWorker } from '../../lib/temporal/start-worker.ts'
import packageFile from '../../package.json' with { type: 'json' }
import type { PushMetrics } from './create-push-metrics.ts'
import type { pushSettings } from './push-settings.ts'

/** What the read side needs. */
export interface PushWorkerOptions {
  readonly config: Config<typeof pushSettings>
  readonly temporal: TemporalOptions
  readonly taskQueue: string
  readonly journal: DeliveryJournal
  readonly metrics: PushMetrics
  readonly logger: Logger
  onCrash(error: unknown): void
}

/** Requests under way when a stop begins may take their whole deadline. */
const shutdownGraceTimeMs = 18_000

/** Starts the read side: the workflows of endpoints and their deliveries. A stop hands the endpoints over at once. */
export function startPushWorker(options: PushWorkerOptions) {
  const { config, journal, metrics, logger } = options
  const stopping = new AbortController()
  const connector = createConnector(createAddressPolicy(config.pushAllowAddresses))
  const activities = createDeliveryActivities({
    journal,
    createSender: () => createSender({ connector }),
    urlPolicy: { allowHttp: config.pushAllowHttp },
    userAgent: `ips/${packageFile.version}`,
    lingerMs: config.pushLingerMs,
    stopping: stopping.signal,
    onAttempt(event) {
      metrics.attempted(event)
      logAttempt(logger, event)
    },
  })
  const worker = startWorker({
    ...options.temporal,
    taskQueue: options.taskQueue,
    workflowsPath: path.join(import.meta.dirname, '../../workflows/index.ts'),
    activities: {
      ...activities,
      async deliverEndpoint(target: Parameters<typeof activities.deliverEndpoint>[0]) {
        metrics.deliveryStarted()
        return activities.deliverEndpoint(target).finally(() => metrics.deliveryEnded())
      },
    },
    maxConcurrentActivities: config.pushMaxEndpoints,
    shutdownGraceTimeMs,
    logger,
    onCrash: (error) => options.onCrash(error),
  })
  return {
    isRunning: () => worker.isRunning(),
    async stop() {
      stopping.abort()
      await worker.stop()
    },
  }
}

function logAttempt(logger: Logger, { traceparent, kind, ...event }: AttemptEvent): void {
  const fields = { ...event, traceId: traceIdOf(traceparent), outcome: kind }
  if (kind === 'delivered') logger.info(fields, 'webhook.attempted')
  else logger.warn(fields, 'webhook.attempted')
}
