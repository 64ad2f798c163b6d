import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import type { IncomingRecord } from '../../../lib/kafka/start-consumer.ts'
import { createPushHandler } from '../../../workers/push/create-push-handler.ts'

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
          ? { outcome: 'reject', reason: 'token-expired' }
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
  })
  expect(completed).toEqual(records)
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
