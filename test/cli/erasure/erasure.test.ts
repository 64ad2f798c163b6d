import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Client } from '@temporalio/client'
import { createErasureSteps } from '../../../cli/erasure/create-erasure-steps.ts'
import { eraseClient, type ErasureReport } from '../../../cli/erasure/erase-client.ts'
import { withAdministration } from '../../../cli/clients/with-administration.ts'
import { createClient } from '../../../cli/clients/create-client.ts'
import {
  clientKeysFolder,
  type SealingService,
} from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'
import { createTemporalClient } from '../../../lib/temporal/connect-temporal.ts'
import { openBody } from '../../../workers/push/journal/sealed-columns.ts'
import {
  createErasureFixture,
  type ErasableClient,
  type ErasureFixture,
} from '../../support/erasure.ts'
import { searchFiles } from '../../support/search-files.ts'
import { until } from '../../support/until.ts'

const services: readonly SealingService[] = ['push', 'summary', 'firehose']

let fixture: ErasureFixture
let temporal: Client
/** Her endpoint refuses everything: her messages have answers in their logs, and workflows. */
let anna: ErasableClient
let berta: ErasableClient
/** The bytes of her keys, and the body of one of her messages, as a backup has it. */
const annasKeys: Record<string, Buffer | string> = {}
let backup: Buffer
let report: ErasureReport

beforeAll(async () => {
  fixture = await createErasureFixture()
  temporal = createTemporalClient({
    address: process.env['TEMPORAL_ADDRESS'] ?? '',
    namespace: 'default',
  })
  anna = await fixture.createClient(400)
  berta = await fixture.createClient(204)
  for (const client of [anna, berta]) await client.send()
  await untilJournalled()
  for (const service of services) {
    const { key } = await fixture.keysOf(service).existingKey(anna.clientId)
    annasKeys[`key of ${service}`] = key.export()
    annasKeys[`key of ${service} as text`] = key.export().toString('base64url')
  }
}, 180_000)

afterAll(async () => {
  await temporal.connection.close()
  await fixture.drop()
})

/** Four results and a summary of each client have come, and hers were refused. */
async function untilJournalled(): Promise<void> {
  await until('everything is journalled', async () => {
    const [summaries] = await fixture.query<{ count: number }>(
      'summary',
      'SELECT count(DISTINCT client_id)::integer AS count FROM summaries WHERE sealed IS NOT NULL',
    )
    const [answers] = await fixture.query<{ count: number }>(
      'push',
      'SELECT count(DISTINCT position)::integer AS count FROM attempts WHERE sealed_answer IS NOT NULL',
    )
    const [streams] = await fixture.query<{ count: number }>(
      'firehose',
      'SELECT count(*)::integer AS count FROM streams WHERE last_offset = 5',
    )
    return (
      summaries?.count === 2 &&
      (answers?.count ?? 0) >= 5 &&
      streams?.count === 2 &&
      berta.sink.ids().size === 5
    )
  })
}

/** How many rows each table has of a client. */
async function countRows({ clientId }: ErasableClient): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of ['transactions', 'images', 'messages', 'face_templates', 'summaries']) {
    const text = `SELECT count(*)::integer AS count FROM ${table} WHERE client_id = '${clientId}'`
    const [row] = await fixture.query<{ count: number }>('summary', text)
    counts[table] = row?.count ?? 0
  }
  for (const table of ['endpoints', 'deliveries', 'outcomes', 'attempts', 'cursors']) {
    const text = `SELECT count(*)::integer AS count FROM ${table} WHERE endpoint_id IN (
      SELECT endpoint_id FROM endpoints WHERE client_id = '${clientId}')`
    const [row] = await fixture.query<{ count: number }>('push', text)
    counts[table] = row?.count ?? 0
  }
  for (const table of ['streams', 'blocks', 'message_ids']) {
    const text = `SELECT count(*)::integer AS count FROM ${table} WHERE client_id = '${clientId}'`
    const [row] = await fixture.query<{ count: number }>('firehose', text)
    counts[table] = row?.count ?? 0
  }
  return counts
}

async function listWorkflows({ clientId }: ErasableClient): Promise<string[]> {
  const ids: string[] = []
  for await (const { workflowId } of temporal.workflow.list({ query: `clientId = '${clientId}'` }))
    ids.push(workflowId)
  return ids
}

/** Everything that PostgreSQL has written: tables, write-ahead log, temporary files, its own log. */
async function searchDatabase(needles: Record<string, Buffer | string>): Promise<string[]> {
  await fixture.query('server', 'CHECKPOINT')
  return searchFiles(fixture.postgres.home, needles)
}

const secretsOf = (client: ErasableClient) => ({ ...client.secrets, ...annasKeys })

describe('before an erasure', () => {
  test('the files of the database hold nothing of what clients have sent, got or answered, and no key', async () => {
    expect(await searchDatabase(secretsOf(anna))).toEqual([])
    expect(await searchDatabase(secretsOf(berta))).toEqual([])
    // That the search finds what is there: ids are not sealed.
    const found = await searchDatabase({ id: anna.correlationId })
    expect(found.some((file) => file.includes('pg_wal'))).toBe(true)
    expect(found.some((file) => file.includes(path.join('base', '')))).toBe(true)
  })

  test('the client’s key opens it', async () => {
    const [row] = await fixture.query<{ sealed: Buffer }>(
      'push',
      `SELECT deliveries.sealed FROM deliveries JOIN endpoints USING (endpoint_id)
       WHERE client_id = '${anna.clientId}' AND type LIKE 'ocr%' LIMIT 1`,
    )
    if (row === undefined) throw new Error('there is no delivery')
    backup = row.sealed
    const key = await fixture.keysOf('push').existingKey(anna.clientId)
    expect(openBody(key, backup)).toContain(anna.secrets['text'])
    expect((await searchFiles(fixture.keysDirectory, annasKeys)).length).toBe(3)
  })
})

describe('an erasure', () => {
  let bertasRows: Record<string, number>
  let bertasWorkflows: string[]

  beforeAll(async () => {
    bertasRows = await countRows(berta)
    bertasWorkflows = await listWorkflows(berta)
    expect((await listWorkflows(anna)).length).toBeGreaterThan(5)
    const steps = createErasureSteps(fixture.environment)
    report = await eraseClient(steps, anna.clientId, () => new Date())
  }, 120_000)

  test('says what it has done', () => {
    expect(report.services).toMatchObject([
      { service: 'summary', hadKey: true },
      { service: 'push', hadKey: true },
      { service: 'firehose', hadKey: true },
    ])
    for (const { rowsRemoved } of report.services) expect(rowsRemoved).toBeGreaterThan(4)
    expect(report.workflowsRemoved).toBeGreaterThan(5)
  })

  test('leaves no byte of the keys, so that what a backup holds is never read again', async () => {
    expect(await searchFiles(fixture.keysDirectory, annasKeys)).toEqual([])
    expect(await searchDatabase(secretsOf(anna))).toEqual([])
    for (const service of services) {
      const keys = fixture.keysOf(service)
      await expect(keys.existingKey(anna.clientId)).rejects.toMatchObject({ code: 'client-erased' })
      await expect(keys.keyFor(anna.clientId)).rejects.toMatchObject({ code: 'client-erased' })
      const bertas = await keys.existingKey(berta.clientId)
      expect(() => openBody({ ...bertas, clientId: anna.clientId }, backup)).toThrow()
    }
  })

  test('leaves no row, no workflow and no right', async () => {
    expect(new Set(Object.values(await countRows(anna)))).toEqual(new Set([0]))
    expect(await listWorkflows(anna)).toEqual([])
    await withAdministration(fixture.environment, async (administration) => {
      for (const [database, table] of [
        ['authentication', 'secrets'],
        ['authorisation', 'clients'],
        ['authorisation', 'grants'],
      ] as const) {
        const { rows } = await administration[database].query(
          `SELECT FROM ${table} WHERE client_id = $1`,
          [anna.clientId],
        )
        expect(rows).toEqual([])
      }
      await expect(createClient(administration, { name: anna.clientId })).rejects.toMatchObject({
        code: 'client-erased',
      })
    })
  })

  test('keeps nothing of what still comes, and puts none of it aside', async () => {
    const letters = await fixture.kafka.watch('dead-letter-1')
    await anna.send()
    await berta.send()
    await until('all have counted it', () =>
      services.every((service) => {
        const text = JSON.stringify(fixture.processes[service].events)
        return service === 'summary'
          ? /"erased":[1-9]/.test(text)
          : text.includes('"client-erased":')
      }),
    )
    await until('the other one’s goes on', () => berta.sink.ids().size >= 9)
    expect(new Set(Object.values(await countRows(anna)))).toEqual(new Set([0]))
    expect(await listWorkflows(anna)).toEqual([])
    expect(letters.records).toEqual([])
  })

  test('changes nothing for others', async () => {
    const rows = await countRows(berta)
    for (const [table, count] of Object.entries(bertasRows))
      expect(rows[table]).toBeGreaterThanOrEqual(count)
    expect(await listWorkflows(berta)).toEqual(expect.arrayContaining(bertasWorkflows))
    const [row] = await fixture.query<{ sealed: Buffer }>(
      'push',
      `SELECT deliveries.sealed FROM deliveries JOIN endpoints USING (endpoint_id)
       WHERE client_id = '${berta.clientId}' AND type LIKE 'ocr%' LIMIT 1`,
    )
    const key = await fixture.keysOf('push').existingKey(berta.clientId)
    expect(openBody(key, row?.sealed ?? Buffer.alloc(0))).toContain(berta.secrets['text'])
    await withAdministration(fixture.environment, async ({ authorisation }) => {
      const { rowCount } = await authorisation.query('SELECT FROM grants WHERE client_id = $1', [
        berta.clientId,
      ])
      expect(rowCount).toBeGreaterThan(0)
    })
  })

  test('may be repeated', async () => {
    const steps = createErasureSteps(fixture.environment)
    const noticed = { ...steps, untilNoticed: () => Promise.resolve() }
    const again = await eraseClient(noticed, anna.clientId, () => new Date())
    expect(again).toMatchObject({
      erasedAt: report.erasedAt,
      services: [
        { hadKey: false, rowsRemoved: 0 },
        { hadKey: false, rowsRemoved: 0 },
        { hadKey: false, rowsRemoved: 0 },
      ],
      workflowsRemoved: 0,
    })
  })

  test('does nothing where the keys are elsewhere, or where there is no such client', async () => {
    const elsewhere = { ...fixture.environment, IPS_KEYS_DIRECTORY: '/nowhere' }
    const steps = createErasureSteps(elsewhere)
    await expect(eraseClient(steps, berta.clientId, () => new Date())).rejects.toMatchObject({
      code: 'client-key-missing',
    })
    await expect(
      eraseClient(createErasureSteps(fixture.environment), 'nobody', () => new Date()),
    ).rejects.toMatchObject({ code: 'client-unknown' })
    expect(await fixture.keysOf('push').existingKey(berta.clientId)).toBeDefined()
  })

  test('erases a client whose keys are damaged', async () => {
    const file = keyFileOf(clientKeysFolder(fixture.keysDirectory, 'push'), berta.clientId)
    await writeFile(file, 'damaged')
    const steps = createErasureSteps(fixture.environment)
    const erased = await eraseClient(steps, berta.clientId, () => new Date())
    expect(erased.services).toContainEqual(
      expect.objectContaining({ service: 'push', hadKey: true }),
    )
    await expect(fixture.keysOf('push').keyFor(berta.clientId)).rejects.toMatchObject({
      code: 'client-erased',
    })
    expect(new Set(Object.values(await countRows(berta)))).toEqual(new Set([0]))
  }, 120_000)
})
