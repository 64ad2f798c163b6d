import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pino } from 'pino'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { IncomingRecord } from '../../../lib/kafka/start-consumer.ts'
import { createPushHandler } from '../../../workers/push/create-push-handler.ts'
import type { NewDelivery } from '../../../workers/push/journal/append-deliveries.ts'

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

test('a batch makes one event that says what became of its records', async () => {
  const events: Record<string, unknown>[] = []
  const logger = pino(
    {},
    { write: (line: string) => events.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const handle = createPushHandler({
    readRecord: (value) =>
      Promise.resolve(
        value.length === 0
          ? { outcome: 'reject', reason: { code: 'token-expired', detail: 'on purpose' } }
          : { outcome: 'ignore', reason: 'no-claim' },
      ),
    journal: { append: () => Promise.resolve({ appended: 0, woken: [] }) },
    metrics: { recordRead: () => undefined },
    wake: () => undefined,
    reject: () => Promise.resolve(),
    logger,
  })
  const completed: IncomingRecord[] = []
  const records = ['one', '', 'two'].map(createRecord)
  await handle(records, {
    signal: new AbortController().signal,
    complete: (record) => void completed.push(record),
    failures: () => 0,
    fail: () => Promise.resolve(1),
    forgive: () => undefined,
  })
  expect(new Set(completed)).toEqual(new Set(records))
  expect(events).toEqual([
    expect.objectContaining({
      msg: 'batch.journalled',
      topic: 'vision-1',
      partition: 3,
      records: 3,
      outcomes: { 'no-claim': 2, 'token-expired': 1 },
      woken: 0,
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
      const handle = createPushHandler({
        readRecord: (value) => Promise.resolve({ outcome: 'deliver', delivery: named(value) }),
        journal: {
          append(deliveries) {
            const ids = deliveries.map(({ messageId }) => messageId)
            if (ids.some((id) => id.startsWith('bad')))
              return Promise.reject(new IpsError('journal-refused', 'the journal refuses it'))
            journalled.push(...ids)
            return Promise.resolve({ appended: ids.length, woken: [] })
          },
        },
        metrics: { recordRead: (outcome) => (counted[outcome] = (counted[outcome] ?? 0) + 1) },
        wake: () => undefined,
        reject: ({ value }, reason) => {
          putAside.push(`${value.toString()}: ${reason.code}`)
          return Promise.resolve()
        },
        logger: pino({ level: 'silent' }),
      })
      const names = areGood.map((isGood, index) => `${isGood ? 'good' : 'bad'}-${index}`)
      const good = names.filter((name) => name.startsWith('good'))
      const bad = names.filter((name) => name.startsWith('bad'))
      const records = names.map(createRecord)
      await handle(records, {
        signal: new AbortController().signal,
        complete: (record) => void completed.push(record),
        failures: () => 0,
        fail: () => Promise.resolve(1),
        forgive: () => undefined,
      })
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
  const handle = createPushHandler({
    readRecord: (value) => Promise.resolve({ outcome: 'deliver', delivery: named(value) }),
    journal: { append: () => Promise.reject(away) },
    metrics: { recordRead: () => undefined },
    wake: () => undefined,
    reject: (record) => Promise.resolve(void putAside.push(record)),
    logger: pino({ level: 'silent' }),
  })
  const context = {
    signal: new AbortController().signal,
    complete: () => expect(true).toBe(false),
    failures: () => 0,
    fail: () => Promise.resolve(1),
    forgive: () => undefined,
  }
  await expect(handle([createRecord('one'), createRecord('two')], context)).rejects.toBe(away)
  expect(putAside).toEqual([])
})

function named(value: Uint8Array): NewDelivery {
  return {
    endpoint: {
      ...{ endpointId: 'endpoint', clientId: 'client', host: 'hooks.example' },
      ...{ sealed: Buffer.alloc(0), settings: '{}', fingerprint: '', secretFingerprint: '' },
      tokenIssuedAt: new Date(0),
    },
    ...{ messageId: Buffer.from(value).toString(), type: '', correlationId: '', imageId: '' },
    ...{ traceparent: '', createdAt: new Date(0), sealed: Buffer.alloc(0) },
  }
}
