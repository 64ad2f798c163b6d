import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { pino } from 'pino'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import type { DeadLetterReason } from '../../../lib/kafka/send-dead-letter.ts'
import { createClientKeys, type ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { maxTransactionImages } from '../../../workers/summary/find-surplus-images.ts'
import { createBatchHandler } from '../../../workers/summary/handle-batch.ts'
import { createJournal, type TransactionProgress } from '../../../workers/summary/journal.ts'
import { createTestClientKeys, type TestClientKeys } from '../../support/client-keys.ts'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'
import { incomingRecord } from '../../support/records.ts'
import { createTextRecords } from '../../support/vision-messages.ts'

let databases: TestDatabases
let pool: Pool
let keys: TestClientKeys

beforeAll(async () => {
  databases = createTestDatabases()
  pool = await databases.createDatabase('ips_summary', 'workers/summary/schema')
  keys = await createTestClientKeys()
})

beforeEach(() => pool.query('TRUNCATE places'))

afterAll(() => Promise.all([databases.drop(), keys.remove()]))

const clientId = 'client'
const rights = {
  clientId,
  windowSeconds: 60,
  idleSeconds: 30,
  identityThreshold: 0.42,
  versions: ['1.0'],
  expected: ['ocr/1.0'],
}

const away = new IpsError('kafka-unavailable', 'away', { retryable: true })

/** A handler on the real journal, with a note of all that it caused. */
function createHandler(isKafkaAway = false, clientKeys: ClientKeys = keys) {
  const outcomes: string[] = []
  const signalled: TransactionProgress[] = []
  const letters: { offset: bigint; reason: DeadLetterReason }[] = []
  const completed: bigint[] = []
  const handle = createBatchHandler({
    journal: createJournal(pool),
    // A token of these tests names the client, or else it is the usual one.
    async readRights(token) {
      const of = token === 't' ? clientId : token
      return { ...rights, clientId: of, key: await clientKeys.keyFor(of) }
    },
    signalTransactions: (transactions) => Promise.resolve(void signalled.push(...transactions)),
    reject({ offset }, reason) {
      if (isKafkaAway) return Promise.reject(away)
      letters.push({ offset, reason })
      return Promise.resolve()
    },
    logger: pino({ level: 'silent' }),
    onRecords: (outcome, count) => outcomes.push(...Array<string>(count).fill(outcome)),
  })
  const context = {
    signal: new AbortController().signal,
    complete: ({ offset }: { offset: bigint }) => void completed.push(offset),
    failures: () => 0,
    fail: () => Promise.resolve(0),
    forgive: () => undefined,
  }
  const run = (values: readonly Uint8Array[]) =>
    handle(
      values.map((value, index) => ({
        ...incomingRecord(BigInt(index)),
        value: Buffer.from(value),
      })),
      context,
    )
  return { outcomes, signalled, letters, completed, run }
}

test('leaves an image out that is too many for its transaction, and tells its workflow nothing of it', async () => {
  const correlationId = randomUUID()
  await pool.query(
    `INSERT INTO images (client_id, correlation_id, image_id, expected, answered)
     SELECT $1, $2, 'image ' || n, '{}', '{}' FROM generate_series(1, $3) AS n`,
    [clientId, correlationId, maxTransactionImages - 1],
  )
  const valuesOf = (image: number) =>
    createTextRecords({ clientId, correlationId, token: 't', image }).map(({ value }) => value)
  const last = createHandler()
  await last.run(valuesOf(1))
  expect(last.outcomes).toEqual(['journalled', 'journalled'])
  expect(last.signalled).toMatchObject([{ progress: { images: maxTransactionImages } }])
  const tooMany = createHandler()
  await tooMany.run([...valuesOf(2), ...valuesOf(1)])
  expect(tooMany.outcomes).toEqual(['journalled', 'journalled', 'surplus', 'surplus'])
  expect(tooMany.completed).toEqual([0n, 1n, 2n, 3n])
  const late = createHandler()
  await late.run(valuesOf(3))
  expect(late.outcomes).toEqual(['surplus', 'surplus'])
  expect(late.signalled).toEqual([])
})

test('puts aside the one record that the journal cannot hold, and is not behind it before that is durable', async () => {
  const [good, bad] = [randomUUID(), `${randomUUID()}\u0000`]
  const values = [good, bad, good].flatMap((correlationId, image) =>
    createTextRecords({ clientId, correlationId, token: 't', image }).map(({ value }) => value),
  )
  const first = createHandler(true)
  await expect(first.run(values)).rejects.toBe(away)
  expect(first.completed).toEqual([])
  const { topic, partition } = incomingRecord(0n)
  const journal = createJournal(pool)
  expect(await journal.loadPlace(topic, partition)).toMatchObject({ offset: 0n })
  const second = createHandler()
  await second.run(values)
  expect(second.letters).toMatchObject([
    { offset: 2n, reason: { code: 'journal-refused' } },
    { offset: 3n, reason: { code: 'journal-refused' } },
  ])
  expect(second.letters[0]?.reason.detail).toContain('0x00')
  expect(second.completed).toEqual([0n, 1n, 2n, 3n, 4n, 5n])
  expect(second.signalled).toMatchObject([{ correlationId: good, progress: { messages: 4 } }])
  expect(await journal.loadPlace(topic, partition)).toMatchObject({ offset: 6n, untold: [] })
})

test('keeps and puts aside nothing of a client that was erased, and tells nobody', async () => {
  const erased = await createTestClientKeys()
  await erased.erase(clientId)
  const correlationId = randomUUID()
  const records = createTextRecords({ clientId, correlationId, token: 't', image: 1 })
  const handler = createHandler(false, erased)
  await handler.run(records.map(({ value }) => value))
  expect(handler).toMatchObject({
    ...{ outcomes: ['erased', 'erased'], signalled: [], letters: [], completed: [0n, 1n] },
  })
  const { rows } = await pool.query('SELECT FROM messages WHERE correlation_id = $1', [
    correlationId,
  ])
  expect(rows).toEqual([])
  await erased.remove()
})

test('puts aside the records of a client whose key is damaged, and journals those of others', async () => {
  const damaged = randomUUID()
  const file = keyFileOf(keys.directory, damaged)
  await keys.keyFor(damaged)
  await writeFile(file, '')
  const handler = createHandler(false, createClientKeys(keys.directory))
  const [lost, kept] = [randomUUID(), randomUUID()]
  const valuesOf = (correlationId: string, token: string) =>
    createTextRecords({ clientId: '', correlationId, token, image: 1 }).map(({ value }) => value)
  await handler.run([...valuesOf(lost, damaged), ...valuesOf(kept, 't')])
  expect(handler).toMatchObject({
    outcomes: ['journalled', 'journalled', 'client-key-damaged', 'client-key-damaged'],
    signalled: [{ clientId, correlationId: kept }],
  })
  expect(handler.completed).toEqual([0n, 1n, 2n, 3n])
  expect(handler.letters.map(({ offset }) => offset)).toEqual([0n, 1n])
  for (const { reason } of handler.letters)
    expect(reason).toMatchObject({
      ...{ code: 'client-key-damaged', detail: expect.stringContaining(file) as unknown },
    })
})
