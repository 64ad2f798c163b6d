import { randomBytes } from 'node:crypto'
import { readEnvelope } from '../../lib/envelope/read-envelope.ts'
import {
  clientKeysFolder,
  createClientKeys,
  type ClientKeys,
} from '../../lib/client-keys/create-client-keys.ts'
import { topics } from '../../lib/topology.ts'
import type { Envelope } from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import type { TransactionSummary } from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import { readSummary } from '../../workers/summary/read-summary.ts'
import { createTestKafka, type TestKafka } from './kafka.ts'
import { createTestDatabases, type TestDatabases } from './postgres.ts'
import { startRole, type RoleProcess } from './start-role.ts'
import { createTestKeys, issueTestToken, type TestKeys } from './tokens.ts'

/** A summary as it was written to Kafka. */
export interface PublishedSummary {
  readonly clientId: string
  readonly envelope: Envelope
  readonly summary: TransactionSummary
}

/** Names of its own on the real servers, for summary processes. */
export interface SummaryFixture {
  readonly kafka: TestKafka
  readonly keys: TestKeys
  readonly databases: TestDatabases
  /** Those of the summary processes. */
  readonly clientKeys: ClientKeys
  readonly taskQueue: string
  /** What a summary process must be told to use these names. */
  readonly environment: Readonly<Record<string, string>>
  /** Starts a summary process; resolves when it takes work. */
  start(environment?: Readonly<Record<string, string>>): Promise<RoleProcess>
  /** A token with both vision services and this summary claim. */
  issueToken(clientId: string, claim?: unknown): Promise<string>
  /** Resolves with a transaction's summaries as soon as there is this revision, in so many versions. */
  untilRevision(
    correlationId: string,
    revision: number,
    versions?: number,
  ): Promise<readonly PublishedSummary[]>
  drop(): Promise<void>
}

/** After an outage an activity that hung is tried again after its time-out, and some back-off. */
const patienceMs = 90_000

/** Creates topics, keys and prefixes. */
export async function createSummaryFixture(): Promise<SummaryFixture> {
  const kafka = await createTestKafka()
  const keys = await createTestKeys()
  const databases = createTestDatabases()
  const taskQueuePrefix = `test-${randomBytes(6).toString('hex')}-`
  const summaries = await kafka.watch(topics.summary.name)
  const running = new Set<RoleProcess>()
  const ownEnvironment = {
    KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
    POSTGRES_DATABASE_PREFIX: databases.prefix,
    TEMPORAL_TASK_QUEUE_PREFIX: taskQueuePrefix,
    IPS_KEYS_DIRECTORY: keys.directory,
  }
  return {
    kafka,
    keys,
    databases,
    clientKeys: createClientKeys(clientKeysFolder(keys.directory, 'summary')),
    taskQueue: `${taskQueuePrefix}summary`,
    environment: ownEnvironment,
    async start(environment = {}) {
      const started = await startRole('summary', { ...ownEnvironment, ...environment })
      running.add(started)
      return started
    },
    issueToken: (clientId, claim = true) =>
      issueTestToken(keys, {
        clientId,
        rights: { 'faceextract-1.*': true, 'ocr-*': true, 'summary-1.*': claim },
      }),
    async untilRevision(correlationId, revision, versions = 1) {
      const ofTransaction = () =>
        summaries.records
          .map(({ key, value }) => readPublished(key, value))
          .filter(({ envelope }) => envelope.correlationId === correlationId)
      await summaries.until(
        () =>
          ofTransaction().filter(({ summary }) => summary.revision === revision).length >= versions,
        patienceMs,
      )
      return ofTransaction()
    },
    async drop() {
      await Promise.all([...running].map((summary) => summary.stop('SIGKILL')))
      await Promise.all([kafka.drop(), keys.remove(), databases.drop()])
    },
  }
}

function readPublished(clientId: string, value: Uint8Array): PublishedSummary {
  return { clientId, envelope: readEnvelope(value).envelope, summary: readSummary(value) }
}
