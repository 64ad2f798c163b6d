import path from 'node:path'
import { clientKeysFolder, createClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import {
  kafkaConsumerSettings,
  postgresSettings,
  temporalSettings,
  tokenSettings,
} from '../../lib/config/common-settings.ts'
import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import { listen } from '../../lib/journal/listen.ts'
import { kafkaOptionsOf } from '../../lib/journal/start-journal-consumer.ts'
import { startProducer } from '../../lib/kafka/start-producer.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import { migrate } from '../../lib/postgres/migrate.ts'
import { readReadiness } from '../../lib/process/read-readiness.ts'
import { defineRole } from '../../lib/process/run-role.ts'
import { createTemporalClient } from '../../lib/temporal/connect-temporal.ts'
import { installTemporalRuntime } from '../../lib/temporal/start-worker.ts'
import { roles } from '../../lib/topology.ts'
import { createPushMetrics } from './create-push-metrics.ts'
import { startWaker } from './create-waker.ts'
import { pushChannels } from './journal/channels.ts'
import { createJournal } from './journal/create-journal.ts'
import { createSecretBox } from './journal/create-secret-box.ts'
import { ensureSecretKey } from './journal/ensure-secret-key.ts'
import { holdsSealed } from './journal/erase-client-rows.ts'
import { pushSettings } from './push-settings.ts'
import { startPushConsumer } from './start-push-consumer.ts'
import { startMessageStarter } from './start-message-starter.ts'
import { startPushWorker } from './start-push-worker.ts'
import { startPushRetention } from './start-push-retention.ts'

const settings = {
  ...kafkaConsumerSettings,
  ...postgresSettings,
  ...temporalSettings,
  ...tokenSettings,
  ...pushSettings,
}

const { name, databases, taskQueue: queueName } = { name: 'push' as const, ...roles.push }

export const role = defineRole({
  name,
  settings,
  async start({ config, logger, metrics: registry, supervise }) {
    installTemporalRuntime(logger)
    const database = config.postgresDatabasePrefix + databases[0]
    const postgres = { url: config.postgresUrl, database, logger }
    const box = createSecretBox(await ensureSecretKey(config.ipsKeysDirectory))
    await migrate({ ...postgres, directory: path.join(import.meta.dirname, 'schema') })
    const pool = createPool({
      ...postgres,
      size: config.postgresPoolSize,
      settings: journalPoolSettings,
    })
    const keys = createClientKeys(clientKeysFolder(config.ipsKeysDirectory, name), {
      holdsSealed: (clientId) => holdsSealed(pool, clientId),
      onUnusable: (clientId, error) => logger.error({ clientId, error }, 'client-key.unusable'),
    })
    const news = listen({ ...postgres, channels: pushChannels })
    const journal = createJournal(pool, { keys, box }, news, {
      secretOverlapSeconds: config.pushSecretOverlap,
    })
    const metrics = createPushMetrics(registry)
    const temporal = { address: config.temporalAddress, namespace: config.temporalNamespace }
    const client = createTemporalClient(temporal)
    const taskQueue = config.temporalTaskQueuePrefix + queueName
    const common = { journal, metrics, logger, taskQueue }
    const waker = startWaker({ ...common, client, onSignal: metrics.signalled })
    const starter = startMessageStarter({ ...common, client, onStart: metrics.messageStarted })
    const worker = await supervise('worker', (onCrash) =>
      startPushWorker({
        ...common,
        ...{ config, temporal, onCrash },
        onRefused: () => starter.lookSoon(),
      }),
    )
    const retention = await supervise('retention', (onCrash) =>
      startPushRetention({
        ...common,
        ...{ retentionSeconds: config.pushRetention, onExpired: metrics.expired, onCrash },
      }),
    )
    const producer = startProducer({ ...kafkaOptionsOf(config, name), logger })
    const consumer = await supervise('consumer', (onCrash) =>
      startPushConsumer({ ...common, group: name, config, producer, keys, box, waker, onCrash }),
    )
    return {
      readiness: () => readReadiness({ consumer, worker, journal, keys }),
      async stop() {
        await Promise.all([consumer.stop(), worker.stop()])
        await Promise.all([waker.stop(), starter.stop(), retention.stop()])
        await Promise.all([producer.disconnect(), client.connection.close(), news.close()])
        await pool.end()
      },
    }
  },
})
