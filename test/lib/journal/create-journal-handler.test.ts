import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pino } from 'pino'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { createJournalHandler } from '../../../lib/journal/create-journal-handler.ts'
import type { BatchContext, IncomingRecord } from '../../../lib/kafka/start-consumer.ts'

const silent = pino({ level: 'silent' })

function createRecord(value: string): IncomingRecord {
  return {
    topic: 'vision-1',
    partition: 3,
    offset: 1n,
    key: 'client',
    value: Buffer.from(value),
    headers: {},
    timestamp: 0,
  }
}

function createContext(complete: (record: IncomingRecord) => void): BatchContext {
  return {
    signal: new AbortController().signal,
    complete,
    failures: () => 0,
    fail: () => Promise.resolve(1),
    forgive: () => undefined,
  }
}

/** The item is the record's text. */
const readRecord = (value: Uint8Array) =>
  Promise.resolve({ outcome: 'journal', item: Buffer.from(value).toString() } as const)

test('a batch makes one event that says what became of its records', async () => {
  const events: Record<string, unknown>[] = []
  const logger = pino(
    {},
    { write: (line: string) => events.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const handle = createJournalHandler({
    readRecord: (value) =>
      Promise.resolve(
        value.length === 0
          ? { outcome: 'reject', reason: { code: 'token-expired', detail: 'on purpose' } }
          : value.length === 3
            ? { outcome: 'ignore', reason: 'no-claim' }
            : { outcome: 'journal', item: 'item' },
      ),
    append: (items) => Promise.resolve({ woken: items.length * 7 }),
    recordRead: () => undefined,
    reject: () => Promise.resolve(),
    logger,
  })
  const completed: IncomingRecord[] = []
  const records = ['one', '', 'two', 'three'].map(createRecord)
  await handle(
    records,
    createContext((record) => completed.push(record)),
  )
  expect(new Set(completed)).toEqual(new Set(records))
  expect(events).toEqual([
    expect.objectContaining({
      msg: 'batch.journalled',
      topic: 'vision-1',
      partition: 3,
      records: 4,
      outcomes: { 'no-claim': 2, 'token-expired': 1, journalled: 1 },
      woken: 7,
      durationMs: expect.any(Number) as unknown,
    }),
  ])
})

test('records that the journal refuses are put aside, and all others are journalled in their order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), async (areGood) => {
      const journalled: string[] = []
      const putAside: string[] = []
      const completed: IncomingRecord[] = []
      const counted: Record<string, number> = {}
      const handle = createJournalHandler<string>({
        readRecord,
        append(items) {
          if (items.some((item) => item.startsWith('bad')))
            return Promise.reject(new IpsError('journal-refused', 'the journal refuses it'))
          journalled.push(...items)
          return Promise.resolve({})
        },
        recordRead: (outcome) => (counted[outcome] = (counted[outcome] ?? 0) + 1),
        reject: ({ value }, reason) => {
          putAside.push(`${value.toString()}: ${reason.code}`)
          return Promise.resolve()
        },
        logger: silent,
      })
      const names = areGood.map((isGood, index) => `${isGood ? 'good' : 'bad'}-${index}`)
      const good = names.filter((name) => name.startsWith('good'))
      const bad = names.filter((name) => name.startsWith('bad'))
      const records = names.map(createRecord)
      await handle(
        records,
        createContext((record) => completed.push(record)),
      )
      expect(journalled).toEqual(good)
      expect(putAside).toEqual(bad.map((name) => `${name}: journal-refused`))
      expect(new Set(completed)).toEqual(new Set(records))
      expect(counted).toEqual({
        ...(good.length === 0 ? {} : { journalled: good.length }),
        ...(bad.length === 0 ? {} : { 'journal-refused': bad.length }),
      })
    }),
  )
})

test('a journal that is away is no reason to put records aside', async () => {
  const away = new IpsError('journal-unavailable', 'away', { retryable: true })
  const putAside: IncomingRecord[] = []
  const handle = createJournalHandler<string>({
    readRecord,
    append: () => Promise.reject(away),
    recordRead: () => undefined,
    reject: (record) => Promise.resolve(void putAside.push(record)),
    logger: silent,
  })
  const context = createContext(() => expect(true).toBe(false))
  await expect(handle([createRecord('one'), createRecord('two')], context)).rejects.toBe(away)
  expect(putAside).toEqual([])
})
