import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import type { TransactionRecord } from '../../../activities/summary/transaction-record.ts'
import { createClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { groupEntries } from '../../../workers/summary/group-entries.ts'
import { createJournal } from '../../../workers/summary/journal.ts'
import type { JournalEntry } from '../../../workers/summary/read-record.ts'
import { createRevisionStore } from '../../../workers/summary/revision-store.ts'
import { createTestClientKeys, type TestClientKeys } from '../../support/client-keys.ts'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'

let databases: TestDatabases
let pool: Pool
let keys: TestClientKeys
let key: { clientId: string; correlationId: string }

beforeAll(async () => {
  databases = createTestDatabases()
  pool = await databases.createDatabase('ips_summary', 'workers/summary/schema')
  keys = await createTestClientKeys()
})

beforeEach(() => {
  key = { clientId: randomUUID(), correlationId: randomUUID() }
})

afterAll(() => Promise.all([databases.drop(), keys.remove()]))

/** Another process that has looked at no key yet. */
const otherProcess = () => createClientKeys(keys.directory)

async function appendText(text: string, members: Partial<JournalEntry> = {}): Promise<void> {
  const rights = {
    ...{ clientId: key.clientId, windowSeconds: 60, idleSeconds: 30, identityThreshold: 0.42 },
    ...{ expected: ['ocr/1.0'], versions: ['1.0'], key: await keys.keyFor(key.clientId) },
  }
  const entry: JournalEntry = {
    ...{ ...key, messageId: randomUUID(), imageId: 'image', service: 'ocr', version: '1.0' },
    ...{ content: { kind: 'text', text }, announced: 0, rights, token: `token of ${text}` },
    ...{ ingestedAt: new Date(), traceparent: '', synthetic: false },
    templates: [{ index: 0, maker: 'm', vector: Buffer.from(`face of ${text}`) }],
    ...members,
  }
  await createJournal(pool).append(groupEntries([entry]))
}

/** Decides a revision, which says `summary`; resolves with what it was decided on. */
async function decide(revision: number, summary: string, clientKeys = otherProcess()) {
  const records: TransactionRecord[] = []
  const decided = await createRevisionStore(pool, clientKeys).decideRevision(
    key,
    revision,
    (record) => {
      records.push(record)
      const value = Buffer.from(summary)
      return Promise.resolve({ outcome: 'partial', records: [{ version: '1.0', value }] })
    },
  )
  return { decided, record: records[0] }
}

/** What a revision would be decided on; none is. */
async function look(): Promise<TransactionRecord | undefined> {
  const records: TransactionRecord[] = []
  const looking = createRevisionStore(pool, otherProcess()).decideRevision(key, 1, (record) => {
    records.push(record)
    return Promise.reject(new IpsError('only-looking', 'nothing is decided'))
  })
  await expect(looking).rejects.toMatchObject({ code: 'only-looking' })
  return records[0]
}

/** Everything that the rows of the transaction hold, as text, with bytes as they are. */
async function readRows(): Promise<string> {
  const tables = ['transactions', 'images', 'messages', 'face_templates', 'summaries']
  const texts = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await pool.query<Record<string, unknown>>(
        `SELECT * FROM ${table} WHERE correlation_id = $1`,
        [key.correlationId],
      )
      const values = rows.flatMap((row) => Object.values(row))
      return values.map((value) =>
        Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value),
      )
    }),
  )
  return texts.flat().join('\n')
}

describe('what the journal holds of a client’s images', () => {
  test('can be read with the client’s key, and not in the rows', async () => {
    await appendText('secret-1')
    const { decided, record } = await decide(1, 'summary of secret-1')
    expect(record).toMatchObject({
      token: 'token of secret-1',
      messages: [{ content: { kind: 'text', text: 'secret-1' } }],
      templates: [{ vector: Buffer.from('face of secret-1') }],
    })
    expect(decided?.records[0]?.value.toString()).toBe('summary of secret-1')
    const again = await decide(1, 'another one')
    expect(Buffer.from(again.decided?.records[0]?.value ?? []).toString()).toBe(
      'summary of secret-1',
    )
    expect(await readRows()).not.toContain('secret-1')
  })

  test('is gone when the key is erased, and nobody tries again', async () => {
    await appendText('secret-2')
    await keys.erase(key.clientId)
    expect(await decide(1, 'never')).toEqual({ decided: null, record: undefined })
    await expect(appendText('more')).rejects.toMatchObject({ code: 'client-erased' })
  })

  test('is in trouble that may pass where the key is lost, and nothing is decided without it', async () => {
    await appendText('secret-3')
    const lost = await createTestClientKeys()
    await expect(decide(1, 'never', lost)).rejects.toMatchObject({
      code: 'client-key-missing',
      retryable: true,
    })
    await lost.remove()
    expect((await decide(1, 'now')).record).toMatchObject({ messages: [{}] })
  })

  test('is read as it is in rows from before it was sealed, until a newer token takes the place of theirs', async () => {
    const { clientId, correlationId } = key
    await pool.query(
      `INSERT INTO transactions (client_id, correlation_id, announced, window_start, window_seconds, idle_seconds,
         token, token_ingested_at, traceparent, synthetic, identity_threshold)
       VALUES ($1, $2, 0, now(), 60, 30, 'old token', '2026-11-24T06:00:00Z', '', false, 0.42)`,
      [clientId, correlationId],
    )
    await pool.query(
      `INSERT INTO messages (client_id, correlation_id, message_id, image_id, service, version, content)
       VALUES ($1, $2, 'old', 'image', 'ocr', '1.0', '{"kind": "text", "text": "old text"}')`,
      [clientId, correlationId],
    )
    await pool.query(
      `INSERT INTO face_templates (client_id, correlation_id, image_id, face_index, maker, vector)
       VALUES ($1, $2, 'image', 0, 'm', 'old')`,
      [clientId, correlationId],
    )
    expect(await look()).toMatchObject({
      token: 'old token',
      messages: [{ content: { kind: 'text', text: 'old text' } }],
      templates: [{ vector: Buffer.from('old') }],
    })
    await appendText('new', { ingestedAt: new Date('2026-11-24T05:00:00Z') })
    expect(await look()).toMatchObject({ token: 'old token' })
    await appendText('newest')
    expect(await look()).toMatchObject({ token: 'token of newest' })
    expect(await readRows()).not.toContain('old token')
  })
})
