import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createProducer, type Producer } from '../../../lib/kafka/create-producer.ts'
import { sendDeadLetter } from '../../../lib/kafka/send-dead-letter.ts'
import { maxBatchBytesOf } from '../../../lib/kafka/record-size.ts'
import { createTestKafka, type TestKafka, type TopicWatch } from '../../support/kafka.ts'
import { incomingRecord } from '../../support/records.ts'

let kafka: TestKafka
let producer: Producer
let vision: TopicWatch
let deadLetters: TopicWatch

beforeAll(async () => {
  kafka = await createTestKafka()
  producer = await createProducer(kafka.options)
  vision = await kafka.watch('vision-1')
  deadLetters = await kafka.watch('dead-letter-1')
})

afterAll(async () => {
  await producer.disconnect()
  await kafka.drop()
})

const ofPartition = (watch: TopicWatch, partition: number) =>
  watch.records.filter((record) => record.partition === partition)

describe('createProducer', () => {
  test('writes records to their partitions, in their order', async () => {
    const values = ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text))
    await producer.send(
      'vision-1',
      values.map((value, index) => ({ key: 'client', partition: index % 2, value })),
    )
    await vision.until((records) => records.filter(({ partition }) => partition < 2).length === 4)
    expect(ofPartition(vision, 0).map(({ value }) => value.toString())).toEqual(['a', 'c'])
    expect(ofPartition(vision, 1).map(({ value }) => value.toString())).toEqual(['b', 'd'])
    expect(producer.isConnected()).toBe(true)
  })

  test('writes more than a batch can hold in several, in order', async () => {
    const half = maxBatchBytesOf('vision-1') / 2
    const records = [0, 1, 2, 3].map((index) => ({
      key: 'client',
      partition: 5,
      value: Buffer.alloc(Math.ceil(half * (index % 2 === 0 ? 0.9 : 1.05)), index),
    }))
    await producer.send('vision-1', records)
    await vision.until((seen) => seen.filter(({ partition }) => partition === 5).length === 4)
    expect(ofPartition(vision, 5).map(({ value }) => value[0])).toEqual([0, 1, 2, 3])
  })

  test('takes the largest record that fits, and refuses the next larger before it writes anything', async () => {
    const empty = { key: '', partition: 6, value: Buffer.alloc(0) }
    const largest = maxBatchBytesOf('vision-1') - 32
    await producer.send('vision-1', [{ ...empty, value: Buffer.alloc(largest) }])
    await expect(
      producer.send('vision-1', [empty, { ...empty, value: Buffer.alloc(largest + 1) }]),
    ).rejects.toMatchObject({ code: 'record-too-large', retryable: false })
    await vision.until((seen) => seen.some(({ partition }) => partition === 6))
    expect(ofPartition(vision, 6)).toHaveLength(1)
  })

  test('sends nothing for nothing', async () => {
    await expect(producer.send('vision-1', [])).resolves.toBeUndefined()
  })
})

describe('sendDeadLetter', () => {
  test('keeps the record as it was, and says why and where it was read', async () => {
    const record = { ...incomingRecord(41n, 'damaged'), partition: 11, key: 'client-a' }
    await sendDeadLetter(producer, 'vision-ocr', record, {
      code: 'token-invalid',
      detail: 'no good: '.repeat(1_000),
    })
    await deadLetters.until((seen) => seen.some(({ key }) => key === 'client-a'))
    const letter = deadLetters.records.find(({ key }) => key === 'client-a')
    expect(letter?.value.toString()).toBe('damaged')
    const headers = Object.fromEntries(
      Object.entries(letter?.headers ?? {}).map(([name, value]) => [name, value.toString()]),
    )
    expect(headers).toMatchObject({
      'reason-code': 'token-invalid',
      group: 'vision-ocr',
      topic: 'ingest-1',
      partition: '11',
      offset: '41',
    })
    expect(headers['reason-detail']).toMatch(/^no good: /)
  })

  test('takes the largest record of any other topic', async () => {
    const record = {
      ...incomingRecord(1n),
      key: 'client-b',
      value: Buffer.alloc(maxBatchBytesOf('ingest-1') - 64),
    }
    await sendDeadLetter(producer, 'vision-ocr', record, { code: 'x', detail: 'ü'.repeat(2_000) })
    await deadLetters.until((seen) => seen.some(({ key }) => key === 'client-b'))
  })
})
