import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { createFirehoseJournal } from '../../../../workers/firehose/journal/create-firehose-journal.ts'
import { createTestClientKeys, type TestClientKeys } from '../../../support/client-keys.ts'
import {
  createMessage,
  createTestFirehoseJournal,
  type TestFirehoseJournal,
} from '../../../support/firehose-journal.ts'

let test_: TestFirehoseJournal
let keys: TestClientKeys

beforeAll(async () => {
  test_ = await createTestFirehoseJournal()
  keys = await createTestClientKeys()
})

afterAll(async () => {
  await keys.remove()
  await test_.drop()
})

/** The sizes of what each append brings. */
const appends = fc.array(fc.array(fc.nat(3_000), { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 6,
})

test('a page has what comes next, from any offset, as whole blocks within its bytes or one', async () => {
  await fc.assert(
    fc.asyncProperty(
      appends,
      fc.nat(),
      fc.integer({ min: 1, max: 10_000 }),
      async (sizes, at, maxBytes) => {
        const clientId = randomUUID()
        let next = 0
        const messages = sizes.map((batch) =>
          batch.map((size) => createMessage(clientId, String((next += 1)), 'x'.repeat(size))),
        )
        for (const batch of messages) await test_.journal.append(batch)
        const all = messages.flat()
        const after = at % (all.length + 1)
        const page = await test_.journal.read(clientId, BigInt(after), { maxBytes })
        const last = after + page.messages.length
        expect(page.messages).toEqual(
          all.slice(after, last).map(({ type, correlationId, json }, index) => ({
            ...{ type, correlationId, json },
            offset: BigInt(after + index + 1),
          })),
        )
        expect(page.lastOffset).toBe(BigInt(last))
        expect(page.hasMore).toBe(last < all.length)
        // It ends where a block does, and has one at least where there is one.
        const ends = messages.map((_batch, index) => messages.slice(0, index + 1).flat().length)
        if (after < all.length) expect(ends).toContain(last)
        const { rows } = await test_.pool.query<{ bytes: number }>(
          `SELECT octet_length(sealed) AS bytes FROM blocks
           WHERE client_id = $1 AND last_offset > $2 AND last_offset <= $3 ORDER BY last_offset`,
          [clientId, after, last],
        )
        // The last block may reach beyond the limit: what comes before it does not.
        const before = rows.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0)
        expect(before).toBeLessThan(maxBytes)
      },
    ),
    { numRuns: 40 },
  )
}, 60_000)

test('another client’s key, and an erased one, open nothing', async () => {
  const journal = createFirehoseJournal(test_.pool, keys)
  const clientId = randomUUID()
  const key = await keys.keyFor(clientId)
  await journal.append([{ ...createMessage(clientId, '1'), key }])
  expect((await journal.read(clientId, 0n, { maxBytes: 1 })).messages).toHaveLength(1)
  await expect(test_.journal.read(clientId, 0n, { maxBytes: 1 })).rejects.toMatchObject({
    code: 'client-key-missing',
  })
  await keys.erase(clientId)
  await expect(journal.read(clientId, 0n, { maxBytes: 1 })).rejects.toMatchObject({
    code: 'client-erased',
  })
})

test('a block that was moved to another place, or to another client, is not given out', async () => {
  const [anna, berta] = [randomUUID(), randomUUID()]
  await test_.journal.append([createMessage(anna, '1'), createMessage(berta, '1')])
  await test_.pool.query(
    `UPDATE blocks SET sealed = (SELECT sealed FROM blocks WHERE client_id = $1) WHERE client_id = $2`,
    [anna, berta],
  )
  await expect(test_.journal.read(berta, 0n, { maxBytes: 1 })).rejects.toThrow()
  await test_.pool.query(
    'UPDATE blocks SET first_offset = 2, last_offset = 2 WHERE client_id = $1',
    [anna],
  )
  await test_.pool.query('UPDATE streams SET last_offset = 2 WHERE client_id = $1', [anna])
  await expect(test_.journal.read(anna, 1n, { maxBytes: 1 })).rejects.toMatchObject({
    code: 'secret-unreadable',
  })
})
