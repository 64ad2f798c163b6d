import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { countDeadLetters, replayDeadLetters } from '../../../cli/dead-letters/dead-letters.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { readTopic } from '../../../lib/kafka/read-topic.ts'
import { sendDeadLetter } from '../../../lib/kafka/send-dead-letter.ts'
import { createProducer, type Producer } from '../../../lib/kafka/create-producer.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { incomingRecord } from '../../support/records.ts'

let kafka: TestKafka
let producer: Producer

beforeAll(async () => {
  kafka = await createTestKafka()
  producer = await createProducer(kafka.options)
})

afterAll(async () => {
  await producer.disconnect()
  await kafka.drop()
})

/** Puts a record of a client aside. */
async function putAside(clientId: string, partition: number, code: string): Promise<string> {
  const value = randomUUID()
  const record = { ...incomingRecord(7n), key: clientId, topic: 'vision-1', partition }
  const reason = { code, detail: `why: ${code}` }
  await sendDeadLetter(producer, 'push', { ...record, value: Buffer.from(value) }, reason)
  return value
}

test('there is nothing to read in an empty topic', async () => {
  expect(await countDeadLetters(kafka.options, { clientId: 'anna' })).toEqual([])
})

test('dead letters of a client are counted, and written once more to where they were read', async () => {
  const clientId = randomUUID()
  const startedAt = Date.now()
  const values = [
    await putAside(clientId, 3, 'client-key-damaged'),
    await putAside(clientId, 4, 'client-key-damaged'),
  ]
  const others = [await putAside(clientId, 3, 'token-expired'), await putAside('b', 3, 'other')]
  // One that does not say where it was read.
  await kafka.send('dead-letter-1', [{ key: clientId, partition: 0, value: Buffer.from('x') }])
  const counts = await countDeadLetters(kafka.options, { clientId })
  expect(counts).toMatchObject([
    { group: 'push', topic: 'vision-1', reason: 'client-key-damaged', records: 2 },
    { reason: 'token-expired', detail: 'why: token-expired', records: 1 },
  ])
  const [damaged] = counts
  expect(Date.parse(damaged?.oldestAt ?? '')).toBeGreaterThanOrEqual(startedAt)
  expect(await replayDeadLetters(kafka.options, { clientId, since: Date.now() + 60_000 })).toBe(0)
  const watch = await kafka.watch('vision-1')
  const selection = { clientId, reason: 'client-key-damaged' }
  expect(await replayDeadLetters(kafka.options, selection)).toBe(2)
  const written = await watch.until((records) => records.length >= 2)
  expect(written.map(({ key, partition, value }) => [key, partition, value.toString()])).toEqual(
    expect.arrayContaining([
      [clientId, 3, values[0]],
      [clientId, 4, values[1]],
    ]),
  )
  expect(written.some(({ value }) => others.includes(value.toString()))).toBe(false)
}, 60_000)

test('a reading ends with the error of whoever takes the records', async () => {
  await putAside('anna', 1, 'other')
  const refused = new IpsError('on-purpose', 'enough')
  const onRecord = () => Promise.reject(refused)
  await expect(readTopic({ ...kafka.options, topic: 'dead-letter-1', onRecord })).rejects.toBe(
    refused,
  )
}, 60_000)
