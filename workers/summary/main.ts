import path from 'node:path'
import { clientKeysFolder, createClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import { startProducer } from '../../lib/kafka/start-producer.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import { migrate } from '../../lib/postgres/migrate.ts'
import { readReadiness } from '../../lib/process/read-readiness.ts'
import { defineRole } from '../../lib/process/run-role.ts'
import { createTemporalClient } from '../../lib/temporal/connect-temporal.ts'
import { installTemporalRuntime } from '../../lib/temporal/start-worker.ts'
import { roles } from '../../lib/topology.ts'
import { createJournal } from './journal.ts'
import { createSummaryMetrics } from './create-metrics.ts'
import { createStoreWatch } from './create-store-watch.ts'
import { holdsSealed } from './erase-client-rows.ts'
import { startSummaryConsumer } from './start-summary-consumer.ts'
import { startSummaryWorker } from './start-summary-worker.ts'
import { startRetention } from './start-retention.ts'
import { summarySettings } from './summary-settings.ts'
import { translateJournalError } from './translate-journal-error.ts'

const { name, databases, taskQueue: queueName } = { name: 'summary' as const, ...roles.summary }

export const role = defineRole({
  name,
  settings: summarySettings,
  async start({ config, logger, metrics: registry, fail, supervise }) {
    installTemporalRuntime(logger)
    const storeWatch = createStoreWatch({
      patienceMs: config.summaryStorePatienceSeconds * 1_000,
      ...{ logger, clock: Date.now, onLost: fail },
    })
    const metrics = createSummaryMetrics(registry, () => storeWatch.awaySeconds())
    const database = config.postgresDatabasePrefix + databases[0]
    const postgres = { url: config.postgresUrl, database, logger }
    const directory = path.join(import.meta.dirname, 'schema')
    // Without it nothing can be journalled: what is not read yet waits in Kafka, and nothing is skipped.
    await storeWatch.runPatiently(() =>
      translateJournalError(() => migrate({ ...postgres, directory })),
    )
    const pool = createPool({ ...postgres, size: config.postgresPoolSize })
    const temporal = { address: config.temporalAddress, namespace: config.temporalNamespace }
    const client = createTemporalClient(temporal)
    const kafka = {
      brokers: config.kafkaBrokers,
      topicPrefix: config.kafkaTopicPrefix,
      clientId: name,
      logger,
    }
    const producer = startProducer(kafka)
    const journal = createJournal(pool)
    const taskQueue = config.temporalTaskQueuePrefix + queueName
    const clientKeys = createClientKeys(clientKeysFolder(config.ipsKeysDirectory, name), {
      holdsSealed: (clientId) => holdsSealed(pool, clientId),
      onUnusable: (clientId, error) => logger.error({ clientId, error }, 'client-key.unusable'),
    })
    const common = { logger, metrics, taskQueue, producer, clientKeys }
    const worker = await supervise('worker', (onCrash) =>
      startSummaryWorker({ ...common, temporal, pool, onCrash }),
    )
    const consumer = await supervise('consumer', (onCrash) =>
      startSummaryConsumer({
        ...common,
        ...{ kafka, client, journal, storeWatch, onCrash },
        sessionTimeoutMs: config.kafkaSessionTimeoutMs,
        keysDirectory: config.ipsKeysDirectory,
        issuer: config.tokenIssuer,
        tokenCacheSize: config.tokenCacheSize,
      }),
    )
    const retention = await supervise('retention', (onCrash) =>
      startRetention(journal, logger, onCrash),
    )
    return {
      readiness: () => readReadiness({ consumer, worker, journal, keys: clientKeys }),
      async stop() {
        await retention.stop()
        await consumer.stop()
        await worker.stop()
        await producer.disconnect()
        await client.connection.close()
        await pool.end()
      },
    }
  },
})
