import { randomUUID } from 'node:crypto'
import {
  withTransactions,
  type TransactionOperations,
} from '../../cli/operations/transaction-operations.ts'
import { authorisationMigrations } from '../../gateway/authorisation/mount-authorisation.ts'
import { topics } from '../../lib/topology.ts'
import { createSummaryFixture, type SummaryFixture } from './summary.ts'
import { createFaceRecords, createTextRecords, type TestImage } from './vision-messages.ts'

/** A summary process's surroundings, and operators' access to them. */
export interface TransactionsFixture extends SummaryFixture {
  /** Runs an operator's action, with these variables on top. */
  operate<T>(
    work: (operations: TransactionOperations) => Promise<T>,
    environment?: Readonly<Record<string, string>>,
  ): Promise<T>
  /** A transaction of a new client, or of this one: its images; nothing is sent. */
  createTransaction(options?: {
    readonly clientId?: string
    readonly claim?: unknown
    readonly announced?: number
  }): Promise<(image: number) => TestImage>
  /** Sends what both services say of images: one face each, and a text. */
  send(...images: readonly TestImage[]): Promise<void>
  /** Adds a client that has sent nothing yet. */
  createUnused(clientId: string): Promise<void>
}

/** Creates names of its own on the real servers; starts no process. */
export async function createTransactionsFixture(): Promise<TransactionsFixture> {
  const fixture = await createSummaryFixture()
  const clients = await fixture.databases.createDatabase(
    'ips_authorisation',
    authorisationMigrations,
  )
  return {
    ...fixture,
    operate: (work, environment = {}) =>
      withTransactions(
        {
          ...process.env,
          POSTGRES_DATABASE_PREFIX: fixture.databases.prefix,
          IPS_KEYS_DIRECTORY: fixture.keys.directory,
          TEMPORAL_TASK_QUEUE_PREFIX: fixture.taskQueue.replace(/summary$/, ''),
          ...environment,
        },
        work,
      ),
    async createTransaction({ clientId = randomUUID(), claim = longIdle, announced = 0 } = {}) {
      const token = await fixture.issueToken(clientId, claim)
      const correlationId = `case:${randomUUID()}`
      return (image) => ({ clientId, correlationId, token, image, announced })
    },
    send: (...images) =>
      fixture.kafka.send(
        topics.vision.name,
        images.flatMap((image) => [...createFaceRecords(image), ...createTextRecords(image)]),
      ),
    async createUnused(clientId) {
      await clients.query(
        `INSERT INTO clients (client_id, webhook_secret, webhook_secret_key, webhook_public_key)
         VALUES ($1, '', '', '')`,
        [clientId],
      )
    },
  }
}

/** Nothing ends by itself within a test. */
const longIdle = { idleSeconds: 3_600 }
