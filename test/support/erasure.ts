import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '../../cli/clients/create-client.ts'
import { withAdministration } from '../../cli/clients/with-administration.ts'
import {
  clientKeysFolder,
  createClientKeys,
  type ClientKeys,
  type SealingService,
} from '../../lib/client-keys/create-client-keys.ts'
import { packVector } from '../../lib/envelope/pack-vector.ts'
import { createWebhookSecret } from '../../lib/token/webhook-secret.ts'
import { roles, topics } from '../../lib/topology.ts'
import pg from 'pg'
import { databaseUrl } from '../../lib/postgres/create-pool.ts'
import { createTestKafka, type TestKafka } from './kafka.ts'
import { startOwnServer, type OwnServer } from './own-servers.ts'
import { startRole, type RoleProcess } from './start-role.ts'
import { createTestKeys, issueTestToken } from './tokens.ts'
import { createFaceRecords, createTextRecords } from './vision-messages.ts'
import { startWebhookSink, type WebhookSink } from './webhook-sink.ts'

/** A client with one transaction, and everything that only it may know. */
export interface ErasableClient {
  readonly clientId: string
  readonly correlationId: string
  readonly sink: WebhookSink
  /** Texts and bytes that must not be found. */
  readonly secrets: Readonly<Record<string, Buffer | string>>
  /** Sends another image's worth of results. */
  send(): Promise<void>
}

/** All that keep something of clients at work, with a PostgreSQL of their own. */
export interface ErasureFixture {
  readonly postgres: OwnServer
  readonly keysDirectory: string
  readonly kafka: TestKafka
  readonly processes: Readonly<Record<SealingService, RoleProcess>>
  /** For commands. */
  readonly environment: Readonly<Record<string, string | undefined>>
  keysOf(service: SealingService): ClientKeys
  query<Row extends object>(service: SealingService | 'server', text: string): Promise<Row[]>
  /** A client whose endpoint answers with this status, and with a text of its own. */
  createClient(status: number): Promise<ErasableClient>
  drop(): Promise<void>
}

/** Starts everything. */
export async function createErasureFixture(): Promise<ErasureFixture> {
  const postgres = await startOwnServer('postgres')
  const kafka = await createTestKafka()
  const keys = await createTestKeys()
  const home = await mkdtemp(path.join(tmpdir(), 'ips-erasure-'))
  const sinks: WebhookSink[] = []
  const own = {
    ...postgres.environment,
    KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
    TEMPORAL_TASK_QUEUE_PREFIX: `test-${randomBytes(6).toString('hex')}-`,
    IPS_KEYS_DIRECTORY: keys.directory,
    IPS_HOME: home,
    PUSH_ALLOW_ADDRESSES: '127.0.0.0/8',
    PUSH_ALLOW_HTTP: 'true',
  }
  const environment: Record<string, string | undefined> = { ...process.env, ...own }
  const processes = {
    summary: await startRole('summary', own),
    push: await startRole('push', own),
    firehose: await startRole('firehose', own),
  }
  return {
    postgres,
    keysDirectory: keys.directory,
    kafka,
    processes,
    environment,
    keysOf: (service) => createClientKeys(clientKeysFolder(keys.directory, service)),
    async query<Row extends object>(service: SealingService | 'server', text: string) {
      const database = service === 'server' ? 'postgres' : roles[service].databases[0]
      const url = databaseUrl(environment['POSTGRES_URL'] ?? '', database)
      const connection = new pg.Client({ connectionString: url })
      await connection.connect()
      try {
        return (await connection.query<Row>(text)).rows
      } finally {
        await connection.end()
      }
    },
    async createClient(status) {
      const [clientId, answer, hook] = [randomUUID(), randomUUID(), randomUUID()]
      const sink = await startWebhookSink(() => ({ status, body: answer }))
      sinks.push(sink)
      await withAdministration(environment, (administration) =>
        // The URL that only its token has: what is granted is no journal, and is not sealed.
        createClient(administration, { name: clientId, webhook: sink.url }),
      )
      const secret = createWebhookSecret()
      const token = await issueTestToken(keys, {
        clientId,
        rights: {
          ...{ 'faceextract-1.*': true, 'ocr-*': true, 'summary-1.*': { idleSeconds: 1 } },
          'push-1': { url: `${sink.url}/${hook}`, secret },
          'firehose-1.*': true,
        },
      })
      const [correlationId, text] = [`case:${randomUUID()}`, randomUUID()]
      const vector = Float32Array.from({ length: 512 }, () => Math.random() - 0.5)
      let image = 0
      return {
        ...{ clientId, correlationId, sink },
        secrets: {
          ...{ text, answer, hook, secret: secret.slice(8), token: token.slice(60, 160) },
          face: Buffer.from(packVector(vector)).subarray(0, 64),
        },
        async send() {
          image += 1
          const about = { clientId, correlationId, token, image }
          await kafka.send(topics.vision.name, [
            ...createFaceRecords(about, 1, [vector]),
            ...createTextRecords(about, text),
          ])
        },
      }
    },
    async drop() {
      await Promise.all(Object.values(processes).map((role) => role.stop('SIGKILL')))
      await Promise.all(sinks.map((sink) => sink.close()))
      await Promise.all([kafka.drop(), keys.remove(), postgres.drop()])
      await rm(home, { recursive: true, force: true })
    },
  }
}
