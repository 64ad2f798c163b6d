import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { keepJournal, startPushRetention } from '../../../workers/push/start-push-retention.ts'
import { until } from '../../support/until.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../support/push-journal.ts'

const retentionSeconds = 24 * 60 * 60 - 60
const silent = pino({ level: 'silent' })

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
})

afterAll(async () => {
  await test_.drop()
})

test('opens the slot that is due and drops the old ones at once, and says what has expired', async () => {
  await test_.journal.append([createDelivery(test_.createEndpoint(), 'never sent')])
  await test_.passDay()
  await test_.pool.query(
    `UPDATE slots SET opened_at = opened_at - interval '1 day', closed_at = closed_at - interval '1 day'`,
  )
  const expired: number[] = []
  const events: string[] = []
  const logger = pino({}, { write: (line: string) => events.push(line) })
  const retention = startPushRetention({
    ...{ journal: test_.journal, retentionSeconds, logger },
    onExpired: (messages) => expired.push(messages),
    onCrash: (error) => expect(error).toBeUndefined(),
  })
  await until('the old slot is dropped', () =>
    events.some((line) => line.includes('journal.slots-dropped')),
  )
  await retention.stop()
  expect(expired).toEqual([1])
  const names = events.map((line) => (JSON.parse(line) as { msg: string }).msg)
  expect(names).toEqual(['journal.slot-opened', 'journal.expired', 'journal.slots-dropped'])
  const { rows } = await test_.pool.query('SELECT slot FROM slots ORDER BY slot')
  expect(rows).toEqual([{ slot: 1 }, { slot: 2 }])
})

test('does nothing where nothing is due', async () => {
  const events: string[] = []
  const logger = pino({}, { write: (line: string) => events.push(line) })
  const options = { journal: test_.journal, retentionSeconds, onExpired: () => undefined }
  await keepJournal({ ...options, logger })
  expect(events).toEqual([])
})

const away = new IpsError('journal-unavailable', 'away', { retryable: true })

test('says where the journal is away, and does not throw', async () => {
  const warnings: string[] = []
  const logger = pino({}, { write: (line: string) => warnings.push(line) })
  const journal = {
    openSlotWhenDue: () => Promise.reject(away),
    dropExpiredSlots: () => Promise.resolve(0),
    forgetOldStarts: () => Promise.resolve(0),
  }
  await keepJournal({ journal, retentionSeconds, logger, onExpired: () => undefined })
  expect(warnings.join('')).toContain('journal.retention-postponed')
})

test('drops old slots even where none can be opened', async () => {
  const dropped: number[] = []
  const journal = {
    openSlotWhenDue: () => Promise.reject(away),
    dropExpiredSlots: (seconds: number) => Promise.resolve(dropped.push(seconds)),
    forgetOldStarts: () => Promise.resolve(0),
  }
  await keepJournal({ journal, retentionSeconds, logger: silent, onExpired: () => undefined })
  expect(dropped).toEqual([retentionSeconds])
})

test('crashes over what the next time does not mend', async () => {
  const bug = new TypeError('on purpose')
  const crashes: unknown[] = []
  const retention = startPushRetention({
    ...{ retentionSeconds, logger: silent, onExpired: () => undefined },
    journal: {
      openSlotWhenDue: () => Promise.reject(bug),
      dropExpiredSlots: () => Promise.resolve(0),
      forgetOldStarts: () => Promise.resolve(0),
    },
    onCrash: (error) => crashes.push(error),
  })
  await until('a crash', () => crashes.length > 0)
  await retention.stop()
  expect(crashes).toEqual([bug])
})
