import { randomUUID } from 'node:crypto'
import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import { clientKeysFolder, createClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import { roles, topics } from '../../lib/topology.ts'
import { pino } from 'pino'
import {
  createFirehoseJournal,
  type FirehoseReader,
} from '../../workers/firehose/journal/create-firehose-journal.ts'
import { createTestKafka, type TestKafka } from './kafka.ts'
import { createTestDatabases, type TestDatabases } from './postgres.ts'
import { createVisionRecord } from './push.ts'
import { startRole, type RoleProcess } from './start-role.ts'
import { createTestKeys, issueTestToken, type TestKeys } from './tokens.ts'

/** Names of its own on the real servers, for processes that fill the journal of the firehose. */
export interface FillerFixture {
  readonly kafka: TestKafka
  readonly keys: TestKeys
  readonly databases: TestDatabases
  /** The journal as the stream reads it. */
  readonly reader: FirehoseReader
  /** Starts a filler; resolves when it takes work. */
  start(environment?: Readonly<Record<string, string>>): Promise<RoleProcess>
  createClient(rights?: Readonly<Record<string, unknown>>): Promise<FillerClient>
  drop(): Promise<void>
}

/** A client that has a stream. */
export interface FillerClient {
  readonly clientId: string
  /** Sends messages with these ids, over all partitions that the client has. */
  send(ids: readonly string[]): Promise<void>
}

/** Creates topics, keys and a prefix for databases. */
export async function createFillerFixture(): Promise<FillerFixture> {
  const kafka = await createTestKafka()
  const keys = await createTestKeys()
  const databases = createTestDatabases()
  const running = new Set<RoleProcess>()
  const pool = createPool({
    url: databases.url,
    database: databases.prefix + roles.firehose.databases[0],
    size: 2,
    logger: pino({ level: 'silent' }),
    settings: journalPoolSettings,
  })
  const clientKeys = createClientKeys(clientKeysFolder(keys.directory, 'firehose'))
  return {
    ...{ kafka, keys, databases },
    reader: createFirehoseJournal(pool, clientKeys),
    async start(environment = {}) {
      const started = await startRole('firehose', {
        KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
        POSTGRES_DATABASE_PREFIX: databases.prefix,
        IPS_KEYS_DIRECTORY: keys.directory,
        ...environment,
      })
      running.add(started)
      return started
    },
    async createClient(rights = { 'firehose-1.*': true }) {
      const clientId = randomUUID()
      const token = await issueTestToken(keys, { clientId, rights })
      return {
        clientId,
        send: (ids) =>
          kafka.send(
            topics.vision.name,
            ids.map((messageId, index) =>
              createVisionRecord({ clientId, token, messageId, correlationId: `case-${index}` }),
            ),
          ),
      }
    },
    async drop() {
      await Promise.all([...running].map((role) => role.stop('SIGKILL')))
      await pool.end()
      await Promise.all([kafka.drop(), keys.remove(), databases.drop()])
    },
  }
}
