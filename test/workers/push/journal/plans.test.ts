import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import type { Pool } from '../../../../lib/postgres/create-pool.ts'
import { createJournal } from '../../../../workers/push/journal/create-journal.ts'
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

/** A pool that notes the texts of named statements. */
function listeningPool(pool: Pool, statements: Map<string, string>): Pool {
  const listenTo = <Target extends Pool | pg.PoolClient>(target: Target): Target =>
    new Proxy(target, {
      get(_target, property) {
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const [query] = args
          if (property === 'query' && isNamed(query)) statements.set(query.name, query.text)
          const result: unknown = Reflect.apply(value, target, args)
          if (property !== 'connect' || !(result instanceof Promise)) return result
          return result.then((client: pg.PoolClient) => listenTo(client))
        }
      },
    })
  return listenTo(pool)
}

function isNamed(query: unknown): query is { name: string; text: string } {
  return typeof query === 'object' && query !== null && 'name' in query && 'text' in query
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

/** The plan that is made once, for any values, when the partitions are still empty. */
async function explain(text: string): Promise<PlanNode> {
  const { rows } = await test_.pool.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
  )
  const [row] = rows
  if (row === undefined) throw new Error('no plan')
  return row['QUERY PLAN'][0].Plan
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)]
}

/** What reads tables without a key; the slots themselves are few. */
function scansOf(plan: PlanNode): string[] {
  return nodesOf(plan)
    .filter((node) => node['Relation Name'] !== undefined && node['Relation Name'] !== 'slots')
    .filter((node) => /Scan$/.test(node['Node Type']) && node['Index Cond'] === undefined)
    .map((node) => `${node['Node Type']} of ${String(node['Relation Name'])}`)
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
async function findScans(): Promise<Record<string, string[]>> {
  const statements = await collectStatements()
  expect(statements.size).toBeGreaterThanOrEqual(25)
  // Of the endpoints that are awake, by an index that holds no others.
  statements.delete('find-unsignalled')
  const scans: Record<string, string[]> = {}
  for (const [name, text] of statements) {
    const found = scansOf(await explain(text))
    if (found.length > 0) scans[name] = found
  }
  return scans
}

test('no prepared statement ever reads a table as a whole, be the partitions empty or full', async () => {
  await expect(findScans()).resolves.toEqual({})
  await fillPartitions()
  await expect(findScans()).resolves.toEqual({})
})

test('a page is read in the order of the index, up to its end', async () => {
  const text = (await collectStatements()).get('read-deliveries') ?? ''
  const limits = nodesOf(await explain(text)).filter((node) => node['Node Type'] === 'Limit')
  expect(limits).toHaveLength(1)
  expect(limits.flatMap(nodesOf).map((node) => node['Node Type'])).not.toContain('Sort')
})
