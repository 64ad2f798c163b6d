import { createApp, listen } from '../../gateway/create-app.ts'
import { ingestionSettings } from '../../gateway/ingestion/ingestion-settings.ts'
import { mountIngestion } from '../../gateway/ingestion/mount-ingestion.ts'
import type { MountedService } from '../../gateway/mounted-service.ts'
import { readConfig } from '../../lib/config/settings.ts'
import type { KafkaOptions } from '../../lib/kafka/create-kafka.ts'
import { createMetrics } from '../../lib/telemetry/create-metrics.ts'
import type { TestKeys } from './tokens.ts'

/** Ingestion on a port of its own. */
export interface TestIngestion {
  readonly port: number
  readonly url: string
  readonly readiness: MountedService['readiness']
  stop(): Promise<void>
}

/** Starts ingestion as its role does. `environment` is read as the process's would be. */
export async function startTestIngestion(options: {
  kafka: KafkaOptions
  keys: TestKeys
  environment?: Readonly<Record<string, string>>
}): Promise<TestIngestion> {
  const { kafka, keys, environment = {} } = options
  const config = readConfig(ingestionSettings, {
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAFKA_TOPIC_PREFIX: kafka.topicPrefix,
    IPS_KEYS_DIRECTORY: keys.directory,
    TOKEN_ISSUER: keys.issuer,
    ...environment,
  })
  const metrics = createMetrics('ingestion')
  const app = createApp({ logger: kafka.logger, metrics })
  const service = mountIngestion(app, { config, logger: kafka.logger, metrics })
  const port = await listen(app, { httpHost: '127.0.0.1', httpPort: 0 })
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    readiness: service.readiness,
    async stop() {
      await app.close()
      await service.stop()
    },
  }
}
