import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { Client, Connection } from '@temporalio/client'
import { EnvelopeSchema } from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { RecognizedTextSchema } from '../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import { packPayload } from '../../lib/envelope/payload-registry.ts'
import { writeEnvelope } from '../../lib/envelope/read-envelope.ts'
import type { OutgoingRecord } from '../../lib/kafka/create-producer.ts'
import { partitionFor } from '../../lib/kafka/partition-for.ts'
import { topics } from '../../lib/topology.ts'
import { createTestKafka, type TestKafka } from './kafka.ts'
import { createTestDatabases, type TestDatabases } from './postgres.ts'
import { startRole, type RoleProcess } from './start-role.ts'
import { createTestKeys, type TestKeys } from './tokens.ts'

/** Names of its own on the real servers, for push processes and what they read. */
export interface PushFixture {
  readonly kafka: TestKafka
  readonly keys: TestKeys
  readonly databases: TestDatabases
  readonly taskQueue: string
  /** What a push process must be told to use these names. */
  readonly environment: Readonly<Record<string, string>>
  /** Starts a push process; resolves when it takes work. */
  start(environment?: Readonly<Record<string, string>>): Promise<RoleProcess>
  drop(): Promise<void>
}

/** Creates topics, keys and a prefix for databases. */
export async function createPushFixture(): Promise<PushFixture> {
  const kafka = await createTestKafka()
  const keys = await createTestKeys()
  const databases = createTestDatabases()
  const taskQueuePrefix = `test-${randomBytes(6).toString('hex')}-`
  const running = new Set<RoleProcess>()
  const environment = {
    KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
    POSTGRES_DATABASE_PREFIX: databases.prefix,
    TEMPORAL_TASK_QUEUE_PREFIX: taskQueuePrefix,
    IPS_KEYS_DIRECTORY: keys.directory,
    PUSH_ALLOW_ADDRESSES: '127.0.0.0/8',
    PUSH_ALLOW_HTTP: 'true',
  }
  return {
    kafka,
    keys,
    databases,
    taskQueue: `${taskQueuePrefix}push`,
    environment,
    async start(overrides = {}) {
      const started = await startRole('push', { ...environment, ...overrides })
      running.add(started)
      return started
    },
    async drop() {
      await Promise.all([...running].map((push) => push.stop('SIGKILL')))
      await terminateWorkflows(`${taskQueuePrefix}push`)
      await Promise.all([kafka.drop(), keys.remove(), databases.drop()])
    },
  }
}

/** Nobody would ever go on with them. */
async function terminateWorkflows(taskQueue: string): Promise<void> {
  const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' })
  const { workflow } = new Client({ connection })
  const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`
  for await (const { workflowId } of workflow.list({ query })) {
    // It may end by itself in between.
    await workflow
      .getHandle(workflowId)
      .terminate()
      .catch(() => undefined)
  }
  await connection.close()
}

/** A message of a vision service, as `vision-1` has it. */
export function createVisionRecord(message: {
  clientId: string
  token: string
  messageId: string
  correlationId?: string
  text?: string
}): OutgoingRecord {
  const { clientId, token, messageId, correlationId = 'case', text = 'hello' } = message
  const payload = create(RecognizedTextSchema, { text, imageWidth: 10, imageHeight: 10 })
  const envelope = create(EnvelopeSchema, {
    correlationId,
    token,
    messageId,
    payload: packPayload(RecognizedTextSchema, payload),
    imageId: '0123456789abcdef0123456789abcdef',
    ingestedAt: timestampFromDate(new Date()),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  })
  return {
    key: clientId,
    partition: partitionFor({ clientId, correlationId }, topics.vision.partitions),
    value: writeEnvelope(envelope),
  }
}
