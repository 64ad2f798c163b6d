import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createFirehoseJournal } from '../../../../workers/firehose/journal/create-firehose-journal.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
import {
  createMessage,
  createTestFirehoseJournal,
  type TestFirehoseJournal,
} from '../../../support/firehose-journal.ts'
import { explain, findScans, listeningPool, nodesOf } from '../../../support/plans.ts'

let test_: TestFirehoseJournal
/** Every prepared statement of the journal, by its name. */
const statements = new Map<string, string>()

beforeAll(async () => {
  test_ = await createTestFirehoseJournal()
  for (let day = 0; day < 3; day += 1) await test_.passDay()
  const journal = createFirehoseJournal(listeningPool(test_.pool, statements), derivedKeys)
  await journal.append([createMessage('anna', '1')])
  await journal.bounds('anna')
  await journal.read('anna', 0n, { maxBytes: 1 })
})

afterAll(async () => {
  await test_.drop()
})

/** One client with very many blocks, and many with one each; and what PostgreSQL learns of it. */
async function fillPartitions(): Promise<void> {
  await test_.pool.query(`
    INSERT INTO blocks (slot, client_id, first_offset, last_offset, sealed)
    SELECT number % 4, CASE WHEN number % 2 = 0 THEN 'large' ELSE 'small-' || number END,
      number, number, ''::bytea
    FROM generate_series(1, 20000) AS number`)
  await test_.pool.query(`
    INSERT INTO message_ids (slot, client_id, message_id)
    SELECT slot, client_id, 'message-' || last_offset FROM blocks`)
  await test_.pool.query(`
    INSERT INTO streams (client_id, last_offset)
    SELECT client_id, max(last_offset) FROM blocks GROUP BY client_id ON CONFLICT DO NOTHING`)
  await test_.pool.query('ANALYZE')
}

test('no prepared statement ever reads a table as a whole, be the partitions empty or full', async () => {
  expect(statements.size).toBe(7)
  await expect(findScans(test_.pool, statements)).resolves.toEqual({})
  await fillPartitions()
  await expect(findScans(test_.pool, statements)).resolves.toEqual({})
})

test('a page is read in the order of the index, up to its end', async () => {
  const plan = await explain(test_.pool, statements.get('read-blocks') ?? '')
  const limits = nodesOf(plan).filter((node) => node['Node Type'] === 'Limit')
  expect(limits).toHaveLength(1)
  expect(limits.flatMap(nodesOf).map((node) => node['Node Type'])).not.toContain('Sort')
})
