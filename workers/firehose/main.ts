import path from 'node:path'
import { clientKeysFolder, createClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import {
  kafkaConsumerSettings,
  postgresSettings,
  tokenSettings,
} from '../../lib/config/common-settings.ts'
import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import { kafkaOptionsOf } from '../../lib/journal/start-journal-consumer.ts'
import { slotSteps, startRetention } from '../../lib/journal/start-retention.ts'
import { startProducer } from '../../lib/kafka/start-producer.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import { migrate } from '../../lib/postgres/migrate.ts'
import { readReadiness } from '../../lib/process/read-readiness.ts'
import { defineRole } from '../../lib/process/run-role.ts'
import { roles } from '../../lib/topology.ts'
import { createFirehoseMetrics } from './create-firehose-metrics.ts'
import { firehoseSettings } from './firehose-settings.ts'
import { createFirehoseJournal } from './journal/create-firehose-journal.ts'
import { holdsSealed } from './journal/erase-client-rows.ts'
import { createFirehoseSlots } from './journal/slots.ts'
import { startFirehoseConsumer } from './start-firehose-consumer.ts'

const settings = {
  ...kafkaConsumerSettings,
  ...postgresSettings,
  ...tokenSettings,
  ...firehoseSettings,
}

const { name, databases } = { name: 'firehose' as const, ...roles.firehose }

/** Fills the journal of the firehose; the stream itself is served over HTTP. */
export const role = defineRole({
  name,
  settings,
  async start({ config, logger, metrics: registry, supervise }) {
    const database = config.postgresDatabasePrefix + databases[0]
    const postgres = { url: config.postgresUrl, database, logger }
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
    const journal = createFirehoseJournal(pool, keys)
    const metrics = createFirehoseMetrics(registry)
    const retention = await supervise('retention', (onCrash) =>
      startRetention({
        steps: slotSteps(createFirehoseSlots(pool), config.firehoseRetention, logger),
        ...{ logger, onCrash },
      }),
    )
    const producer = startProducer({ ...kafkaOptionsOf(config, name), logger })
    const consumer = await supervise('consumer', (onCrash) =>
      startFirehoseConsumer({
        ...{ config, journal, metrics, producer, keys, logger, onCrash },
        group: name,
      }),
    )
    return {
      readiness: () => readReadiness({ consumer, journal, keys }),
      async stop() {
        await consumer.stop()
        await retention.stop()
        await producer.disconnect()
        await pool.end()
      },
    }
  },
})
