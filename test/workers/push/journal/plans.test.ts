import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createJournal } from '../../../../workers/push/journal/create-journal.ts'
import { explain, findScans, listeningPool, nodesOf } from '../../../support/plans.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../../support/push-journal.ts'

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
  for (let day = 0; day < 3; day += 1) await test_.passDay()
})

afterAll(async () => {
  await test_.drop()
})

/** Every prepared statement of the journal, by its name. */
async function collectStatements(): Promise<Map<string, string>> {
  const statements = new Map<string, string>()
  const journal = createJournal(listeningPool(test_.pool, statements), test_.openers, test_.news)
  const endpoint = test_.createEndpoint()
  const { endpointId } = endpoint
  await journal.append(['1', '2', '3'].map((id) => createDelivery(endpoint, id)))
  await journal.claim(endpointId, 'me')
  const { messages } = await journal.read(endpointId, 0)
  const [{ position } = { position: 0 }] = messages
  const attempt = { at: 0, durationMs: 1 }
  const batch = { first: position, last: position, isSplit: false }
  await journal.recordBatch(endpointId, 'me', batch)
  await journal.noteInFlight(endpointId, 'me', 1)
  await journal.logAttempt(endpointId, position, attempt)
  const settlement = { endpointId, owner: 'me', position, origin: position, attempt }
  await journal.settle({ ...settlement, state: 'retrying', cursor: position })
  await journal.markStarted(await journal.findUnstarted(1))
  await journal.loadRefused(endpointId, position)
  await journal.settleRefused({ endpointId, position, state: 'dead' })
  await journal.note(endpointId, { state: 'idle', failures: 0 })
  for (const selection of [{}, { since: 0 }, { ids: ['1'] }])
    await journal.replay(endpointId, selection, { after: 0, limit: 1 })
  await journal.read(endpointId, 0)
  await journal.bury(endpointId, 0, 'exhausted', 1)
  await journal.fallAsleep(endpointId, Number.MAX_SAFE_INTEGER)
  await journal.markSignalled(await journal.findUnsignalled(1))
  return statements
}

/** Many messages of one endpoint and a few of each of many others, most of them settled; and what PostgreSQL learns of it. */
async function fillPartitions(): Promise<void> {
  await test_.pool.query(`
    INSERT INTO deliveries (endpoint_id, message_id, type, correlation_id, image_id, traceparent, body)
    SELECT CASE WHEN number % 2 = 0 THEN 'large' ELSE 'small-' || number % 500 END,
      'message-' || number, 'type', 'case-' || number / 5, '', '', '{}'
    FROM generate_series(1, 20000) AS number`)
  await test_.pool.query(`
    INSERT INTO outcomes (endpoint_id, position, state)
    SELECT endpoint_id, position,
      CASE position % 100 WHEN 0 THEN 'retrying' WHEN 1 THEN 'dead' ELSE 'delivered' END
    FROM deliveries WHERE position % 20 <> 0 ON CONFLICT DO NOTHING`)
  await test_.pool.query(`
    INSERT INTO endpoints
      (endpoint_id, client_id, host, sealed, settings, fingerprint, token_issued_at)
    SELECT DISTINCT endpoint_id, 'client', 'host', ''::bytea, '{}'::jsonb, '', now()
    FROM deliveries ON CONFLICT DO NOTHING`)
  await test_.pool.query(`
    INSERT INTO cursors (endpoint_id, position, owner)
    SELECT endpoint_id, 0, '' FROM endpoints ON CONFLICT DO NOTHING`)
  await test_.pool.query('ANALYZE')
}

/** Statements that read tables without a key, and which. */
async function findPushScans(): Promise<Record<string, string[]>> {
  const statements = await collectStatements()
  expect(statements.size).toBeGreaterThanOrEqual(25)
  // Of the endpoints that are awake, by an index that holds no others.
  statements.delete('find-unsignalled')
  return findScans(test_.pool, statements)
}

test('no prepared statement ever reads a table as a whole, be the partitions empty or full', async () => {
  await expect(findPushScans()).resolves.toEqual({})
  await fillPartitions()
  await expect(findPushScans()).resolves.toEqual({})
})

test('a page is read in the order of the index, up to its end', async () => {
  const text = (await collectStatements()).get('read-deliveries') ?? ''
  const limits = nodesOf(await explain(test_.pool, text)).filter(
    (node) => node['Node Type'] === 'Limit',
  )
  expect(limits).toHaveLength(1)
  expect(limits.flatMap(nodesOf).map((node) => node['Node Type'])).not.toContain('Sort')
})
