import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { createPool, type Pool } from '../../../../lib/postgres/create-pool.ts'
import { migrate } from '../../../../lib/postgres/migrate.ts'
import { createJournal } from '../../../../workers/push/journal/create-journal.ts'
import { createSecretBox } from '../../../../workers/push/journal/create-secret-box.ts'
import { journalPoolSettings } from '../../../../lib/journal/journal-pool-settings.ts'
import { findDelivery } from '../../../../workers/push/journal/find-delivery.ts'
import { listDeliveries } from '../../../../workers/push/journal/list-deliveries.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
import { createDelivery } from '../../../support/push-journal.ts'
import { sealFormerly } from '../../../support/former-sealing.ts'
import { createTestDatabases } from '../../../support/postgres.ts'

const schema = path.resolve('workers/push/schema')
const logger = pino({ level: 'silent' })
const databases = createTestDatabases()
const serviceKey = randomBytes(32)
const box = createSecretBox(serviceKey)
const clientId = 'client'
const endpointId = 'endpoint'
const endpoint = {
  ...{ endpointId, clientId, host: 'hooks.example', settings: '{}' },
  sealed: sealFormerly(serviceKey, endpointId, { url: 'https://hooks.example/', secret: 'secret' }),
  ...{ fingerprint: 'of all', secretFingerprint: 'of the secret' },
  tokenIssuedAt: new Date('2026-11-24T06:00:00Z'),
}

let oldSchema: string
let pool: Pool

/** A journal as it was before it had partitions: of ten messages the first five are settled, and the seventh. */
beforeAll(async () => {
  oldSchema = await mkdtemp(path.join(tmpdir(), 'ips-schema-'))
  for (const file of ['001-journal.sql', '002-retention.sql'])
    await copyFile(path.join(schema, file), path.join(oldSchema, file))
  const old = await databases.createDatabase('push', oldSchema)
  await old.query(
    `INSERT INTO endpoints
       (endpoint_id, client_id, host, sealed, settings, fingerprint, token_issued_at, awake)
     VALUES ($1, $2, 'hooks.example', $3, '{"signature": "v1", "maxRate": 5}', 'of all', $4, true)`,
    [endpointId, clientId, endpoint.sealed, endpoint.tokenIssuedAt],
  )
  // A position that was given and never used, as refused copies leave it.
  await old.query(`SELECT setval('deliveries_position_seq', 41)`)
  await old.query(
    `INSERT INTO deliveries (endpoint_id, message_id, type, correlation_id, image_id, traceparent, body)
     SELECT $1, 'message-' || number, 'type', 'case', '', '', 'body of message-' || number
     FROM generate_series(1, 10) AS number`,
    [endpointId],
  )
  await old.query(`INSERT INTO cursors (endpoint_id, position, owner) VALUES ($1, 46, 'me')`, [
    endpointId,
  ])
  await old.query(
    `INSERT INTO outcomes (endpoint_id, position, state, status, reason, attempts)
     SELECT $1, position, CASE WHEN position = 44 THEN 'dead' ELSE 'delivered' END,
       CASE WHEN position = 44 THEN 404 ELSE 200 END,
       CASE WHEN position = 44 THEN 'status-404' END, 1
     FROM unnest(ARRAY[42, 43, 44, 45, 46, 48]) AS position`,
    [endpointId],
  )
  const target = { url: databases.url, database: `${databases.prefix}push`, logger }
  await migrate({ ...target, directory: schema })
  pool = createPool({ ...target, size: 2, settings: journalPoolSettings })
}, 60_000)

afterAll(async () => {
  await pool.end()
  await databases.drop()
  await rm(oldSchema, { recursive: true })
})

function createMigrated() {
  return createJournal(pool, { keys: derivedKeys, box }, { subscribe: () => () => undefined })
}

test('every pending message and every outcome of the old journal is in the new one', async () => {
  const journal = createMigrated()
  const claimed = await journal.claim(endpointId, 'me')
  expect(claimed).toMatchObject({ cursor: 46, settledBeyond: [48], secret: 'secret', maxRate: 5 })
  const { messages } = await journal.read(endpointId, 46)
  const pending = messages.filter(({ position }) => position !== 48)
  expect(pending.map(({ messageId }) => messageId)).toEqual(
    [6, 8, 9, 10].map((number) => `message-${number}`),
  )
  expect(pending.map(({ body }) => body)).toEqual(
    [6, 8, 9, 10].map((number) => `body of message-${number}`),
  )
  const listed = await listDeliveries(pool, { clientId, limit: 100 })
  expect(listed.map(({ state }) => state)).toEqual([
    ...['pending', 'pending', 'pending', 'delivered', 'pending'],
    ...['delivered', 'delivered', 'dead', 'delivered', 'delivered'],
  ])
  await expect(findDelivery(pool, derivedKeys, 'message-3')).resolves.toMatchObject([
    { state: 'dead', reason: 'status-404', log: [{ number: 1, status: 404 }] },
  ])
})

test('copies of the old messages are refused, new ones go on behind them, and dead ones are replayed', async () => {
  const journal = createMigrated()
  const ids = ['message-3', 'message-10', 'message-11']
  await expect(
    journal.append(ids.map((id) => createDelivery(endpoint, id))),
  ).resolves.toMatchObject({ appended: 1, woken: [] })
  await expect(journal.replay(endpointId, {}, { after: 0, limit: 10 })).resolves.toEqual({
    messages: 1,
  })
  const { messages } = await journal.read(endpointId, 51)
  expect(messages).toMatchObject([
    { messageId: 'message-11', position: 52 },
    { messageId: 'message-3', origin: 44, body: 'body of message-3' },
  ])
})
