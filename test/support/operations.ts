import { randomUUID } from 'node:crypto'
import type { Operations } from '../../cli/operations/operations.ts'
import { withOperations } from '../../cli/operations/with-operations.ts'
import { authorisationMigrations } from '../../gateway/authorisation/mount-authorisation.ts'
import { createWebhookSecret } from '../../lib/token/webhook-secret.ts'
import { createPushFixture, createVisionRecord, type PushFixture } from './push.ts'
import { issueTestToken } from './tokens.ts'
import { startWebhookSink, type SinkAnswer, type WebhookSink } from './webhook-sink.ts'

/** A client with an endpoint whose answers can be changed. */
export interface SteeredClient {
  readonly clientId: string
  readonly sink: WebhookSink
  /** What the endpoint answers from now on. */
  readonly answer: (answer: SinkAnswer) => void
  /** Journals new messages for the client's endpoint, or for one at another path of it; resolves with their ids. */
  readonly send: (count: number, path?: string) => Promise<string[]>
}

/** A push process's surroundings, and operators' access to them. */
export interface OperationsFixture extends PushFixture {
  /** Runs an operator's action, with these variables on top. */
  operate<T>(
    work: (operations: Operations) => Promise<T>,
    environment?: Readonly<Record<string, string>>,
  ): Promise<T>
  createClient(): Promise<SteeredClient>
  /** Adds a client that has no message yet. */
  createUnused(clientId: string, webhook?: string | { url: string }): Promise<void>
}

/** Creates names of its own on the real servers; starts no process. */
export async function createOperationsFixture(): Promise<OperationsFixture> {
  const fixture = await createPushFixture()
  const clients = await fixture.databases.createDatabase(
    'ips_authorisation',
    authorisationMigrations,
  )
  const sinks: WebhookSink[] = []
  return {
    ...fixture,
    operate: (work, environment = {}) =>
      withOperations({ ...process.env, ...fixture.environment, ...environment }, work),
    async createClient() {
      const clientId = randomUUID()
      const secret = createWebhookSecret()
      let current: SinkAnswer = { status: 204 }
      const sink = await startWebhookSink(() => current)
      sinks.push(sink)
      return {
        clientId,
        sink,
        answer: (answer) => void (current = answer),
        async send(count, path = '') {
          const rights = { 'push-1': { url: sink.url + path, secret } }
          const token = await issueTestToken(fixture.keys, { clientId, rights })
          const ids = Array.from({ length: count }, () => randomUUID())
          await fixture.kafka.send(
            'vision-1',
            ids.map((messageId) => createVisionRecord({ clientId, token, messageId })),
          )
          return ids
        },
      }
    },
    async createUnused(clientId, webhook) {
      await clients.query(
        `INSERT INTO clients (client_id, webhook_secret, webhook_secret_key, webhook_public_key)
         VALUES ($1, '', '', '')`,
        [clientId],
      )
      if (webhook === undefined) return
      await clients.query(
        `INSERT INTO grants (client_id, claim, value) VALUES ($1, 'push-1', $2)`,
        [clientId, JSON.stringify(webhook)],
      )
    },
    async drop() {
      await Promise.all(sinks.map((sink) => sink.close()))
      await fixture.drop()
    },
  }
}
