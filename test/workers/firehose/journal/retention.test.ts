import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createFirehoseJournal } from '../../../../workers/firehose/journal/create-firehose-journal.ts'
import { eraseClientRows } from '../../../../workers/firehose/journal/erase-client-rows.ts'
import { createFirehoseSlots } from '../../../../workers/firehose/journal/slots.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
import {
  createMessage,
  createTestFirehoseJournal,
  readOn,
  readStream,
  type StreamView,
  type TestFirehoseJournal,
} from '../../../support/firehose-journal.ts'

const day = 24 * 60 * 60

let test_: TestFirehoseJournal

// Slots are the database's: each test has one of its own.
beforeEach(async () => {
  test_ = await createTestFirehoseJournal()
})

afterEach(async () => {
  await test_.drop()
})

const append = (clientId: string, ...ids: string[]) =>
  test_.journal.append(ids.map((id) => createMessage(clientId, id)))

const read = (clientId: string, after: bigint) =>
  test_.journal.read(clientId, after, { maxBytes: 100_000 })

async function partitions(): Promise<string[]> {
  const { rows } = await test_.pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relname ~ '^(blocks|message_ids)_[0-9]+$'
     ORDER BY relname`,
  )
  return rows.map(({ name }) => name)
}

test('what retention has removed is gone from the beginning of each stream, and readers are told so', async () => {
  await append('anna', '1', '2')
  await append('berta', '1')
  await test_.passDay()
  await append('anna', '3')
  await test_.passDay()
  expect(await test_.slots.dropExpiredSlots(day + 60)).toBe(0)
  expect(await test_.journal.bounds('anna')).toEqual({ oldestOffset: 1n, lastOffset: 3n })

  expect(await test_.slots.dropExpiredSlots(day - 60)).toBe(1)
  expect(await partitions()).toEqual(['blocks_1', 'blocks_2', 'message_ids_1', 'message_ids_2'])
  expect(await test_.journal.bounds('anna')).toEqual({ oldestOffset: 3n, lastOffset: 3n })
  for (const after of [0n, 1n])
    await expect(read('anna', after)).rejects.toMatchObject({ code: 'offset-removed' })
  expect((await read('anna', 2n)).messages).toMatchObject([{ offset: 3n }])

  // Of her nothing is kept: her stream goes on where it ended.
  expect(await test_.journal.bounds('berta')).toEqual({ oldestOffset: 2n, lastOffset: 1n })
  await expect(read('berta', 0n)).rejects.toMatchObject({ code: 'offset-removed' })
  expect(await read('berta', 1n)).toEqual({ messages: [], lastOffset: 1n, hasMore: false })
  await append('berta', '2')
  expect((await read('berta', 1n)).messages).toMatchObject([{ offset: 2n }])
})

test('copies are refused for as long as a topic may give them again', async () => {
  await append('anna', '1')
  for (let passed = 0; passed < 4; passed += 1) await test_.passDay()
  expect(await append('anna', '1', '2')).toBe(1)
  await test_.passDay()
  // Its slot was closed four days ago: nothing of it is in a topic any more.
  expect(await append('anna', '1')).toBe(1)
  expect(await readStream(test_.journal, 'anna')).toEqual(['1', '2', '1'])
})

test('slots are opened and dropped beside appends and readers, none of which fails or misses anything', async () => {
  const state = { isOver: false, appended: 0 }
  const writing = ['a', 'b'].map(async (writer) => {
    const journal = createFirehoseJournal(test_.pool, derivedKeys)
    for (let id = 0; !state.isOver; id += 1)
      state.appended += await journal.append([createMessage('anna', `${writer}-${id}`)])
  })
  const reading = (async () => {
    const view: StreamView = { ids: [], lastOffset: 0n }
    for (let last = false; !last;) {
      last = state.isOver
      await readOn(test_.journal, 'anna', view)
    }
    return view.ids
  })()
  for (let round = 0; round < 6; round += 1) {
    await test_.passDay()
    // Two days: the reader is never so far behind.
    await test_.slots.dropExpiredSlots(2 * day - 60)
  }
  state.isOver = true
  await Promise.all(writing)
  const ids = await reading
  expect(new Set(ids).size).toBe(ids.length)
  expect(await partitions()).toHaveLength(6)
})

test('one process opens the slot that is due, and one drops those that are old', async () => {
  await test_.pool.query(`UPDATE slots SET opened_at = opened_at - interval '1 day'`)
  const processes = [1, 2, 3].map(() => createFirehoseSlots(test_.pool))
  const opened = await Promise.all(processes.map((slots) => slots.openSlotWhenDue()))
  expect(opened.filter((slot) => slot !== undefined)).toEqual([1])
  await test_.passDay()
  const dropped = await Promise.all(processes.map((slots) => slots.dropExpiredSlots(day - 60)))
  expect(dropped.reduce((sum, count) => sum + count, 0)).toBe(1)
})

test('no row of a client is left by its erasure, in whatever slot, and others keep theirs', async () => {
  await append('anna', '1', '2')
  await append('berta', '1')
  await test_.passDay()
  await append('anna', '3')
  expect(await eraseClientRows(test_.pool, 'anna')).toBe(2 + 3 + 1)
  expect(await eraseClientRows(test_.pool, 'anna')).toBe(0)
  expect(await test_.journal.bounds('anna')).toEqual({ oldestOffset: 1n, lastOffset: 0n })
  expect(await readStream(test_.journal, 'berta')).toEqual(['1'])
})
