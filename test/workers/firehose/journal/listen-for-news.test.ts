import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { pino } from 'pino'
import {
  listenForNews,
  type FirehoseNews,
} from '../../../../workers/firehose/journal/listen-for-news.ts'
import {
  createMessage,
  createTestFirehoseJournal,
  type TestFirehoseJournal,
} from '../../../support/firehose-journal.ts'
import { until } from '../../../support/until.ts'

const never = 1_000_000

let test_: TestFirehoseJournal
const open: FirehoseNews[] = []

beforeAll(async () => {
  test_ = await createTestFirehoseJournal()
})

afterAll(async () => {
  await Promise.all(open.map((news) => news.close()))
  await test_.drop()
})

function listen(pollIntervalMs: number): FirehoseNews {
  const { url, database, pool } = test_
  const logger = pino({ level: 'silent' })
  const news = listenForNews({ url, database, pool, logger, pollIntervalMs })
  open.push(news)
  return news
}

/** Counts what is heard of a client. */
function count(news: FirehoseNews, clientId: string) {
  const heard = { times: 0 }
  const stop = news.subscribe(clientId, () => (heard.times += 1))
  return { times: () => heard.times, stop }
}

test('an append is heard by those who listen for one of its clients, however many they are', async () => {
  const news = listen(never)
  await until('it listens', () => news.isConnected())
  const clientIds = Array.from({ length: 300 }, (_unused, number) =>
    `client-${number}-`.padEnd(64, 'x'),
  )
  const heard = clientIds.map((clientId) => count(news, clientId))
  const other = count(news, 'other')
  await test_.journal.append(clientIds.map((clientId) => createMessage(clientId, '1')))
  await until('all have heard', () => heard.every(({ times }) => times() === 1))
  heard[0]?.stop()
  await test_.journal.append(clientIds.slice(0, 2).map((id) => createMessage(id, '2')))
  await until('the second has heard', () => heard[1]?.times() === 2)
  expect([heard[0]?.times(), heard[2]?.times(), other.times()]).toEqual([1, 1, 0])
})

test('after a lost connection everybody is told, since something may have been missed', async () => {
  const news = listen(never)
  await until('it listens', () => news.isConnected())
  const heard = count(news, 'anna')
  await test_.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE '% news'`,
  )
  await until('it is told', () => heard.times() > 0)
  expect(news.isConnected()).toBe(true)
})

test('behind the notifications a poll finds what has grown', async () => {
  const news = listen(50)
  await until('it listens', () => news.isConnected())
  await test_.journal.append([createMessage('carla', '1')])
  const heard = count(news, 'carla')
  // The first time it may be the notification of the append, the second time a client that is new to the poll.
  for (let time = 0; time < 4; time += 1) {
    const before = heard.times()
    // No notification says so.
    await test_.pool.query(
      `UPDATE streams SET last_offset = last_offset + 1 WHERE client_id = 'carla'`,
    )
    await until('it is heard', () => heard.times() > before)
  }
})
