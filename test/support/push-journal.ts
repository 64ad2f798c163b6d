import { randomBytes, randomUUID } from 'node:crypto'
import path from 'node:path'
import { pino } from 'pino'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { createWebhookSecret } from '../../lib/token/webhook-secret.ts'
import type { EndpointRow, NewDelivery } from '../../workers/push/journal/append-deliveries.ts'
import { createJournal, type PushJournal } from '../../workers/push/journal/create-journal.ts'
import { createSecretBox } from '../../workers/push/journal/create-secret-box.ts'
import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import { listen, type News } from '../../lib/journal/listen.ts'
import type { EndpointOpeners } from '../../workers/push/journal/open-target.ts'
import { pushChannels } from '../../workers/push/journal/channels.ts'
import { endpointIdOf } from '../../workers/push/read-push-record.ts'
import { sealBody, sealEndpoint } from '../../workers/push/journal/sealed-columns.ts'
import { derivedKey, derivedKeys } from './client-keys.ts'
import { createTestDatabases } from './postgres.ts'
import { until } from './until.ts'

/** The journal of push in a database of its own on the real server. */
export interface TestPushJournal {
  readonly journal: PushJournal
  readonly openers: EndpointOpeners
  readonly pool: Pool
  readonly news: News
  /** An endpoint as a token names it. */
  createEndpoint(options?: {
    url?: string
    maxConcurrency?: number
    maxRate?: number
    batch?: { maxMessages: number; maxWaitMs: number }
    tokenIssuedAt?: Date
    secret?: string
    clientId?: string
  }): EndpointRow
  /** Makes everything a day older, and opens the slot that is due then. */
  passDay(): Promise<void>
  drop(): Promise<void>
}

/** Creates the database. */
export async function createTestPushJournal(): Promise<TestPushJournal> {
  const databases = createTestDatabases()
  const pool = await databases.createDatabase(
    'push',
    path.resolve('workers/push/schema'),
    journalPoolSettings,
  )
  const news = listen({
    url: databases.url,
    database: `${databases.prefix}push`,
    channels: pushChannels,
    logger: pino({ level: 'silent' }),
  })
  await until('the journal’s news are heard', () => news.isConnected())
  const box = createSecretBox(randomBytes(32))
  const openers = { keys: derivedKeys, box }
  const journal = createJournal(pool, openers, news)
  return {
    journal,
    openers,
    pool,
    news,
    createEndpoint(options = {}) {
      const {
        url = 'https://hooks.example/',
        clientId = randomUUID(),
        tokenIssuedAt = new Date('2026-11-24T06:00:00Z'),
        secret = createWebhookSecret(),
        ...claim
      } = options
      const endpointId = endpointIdOf({ clientId, url })
      const settings = JSON.stringify(claim)
      return {
        endpointId,
        clientId,
        host: new URL(url).host,
        sealed: sealEndpoint(derivedKey(clientId), endpointId, { url, secret }),
        settings,
        fingerprint: box.fingerprint(`${settings}\n${url}\n${secret}`),
        secretFingerprint: box.fingerprint(secret),
        tokenIssuedAt,
      }
    },
    async passDay() {
      const day = `interval '1 day'`
      await pool.query(
        `UPDATE slots SET opened_at = opened_at - ${day}, closed_at = closed_at - ${day}`,
      )
      await journal.openSlotWhenDue()
    },
    async drop() {
      await news.close()
      await databases.drop()
    },
  }
}

/** A message for an endpoint. */
export function createDelivery(endpoint: EndpointRow, messageId: string, body = '{}'): NewDelivery {
  return {
    endpoint,
    messageId,
    type: 'ocr.v1m0.RecognizedText',
    correlationId: 'case',
    imageId: '',
    traceparent: '',
    createdAt: new Date(),
    sealed: sealBody(derivedKey(endpoint.clientId), body),
  }
}
