import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { topics } from '../../../lib/topology.ts'
import { createFillerFixture, type FillerFixture } from '../../support/firehose-filler.ts'
import { readStream } from '../../support/firehose-journal.ts'
import { until } from '../../support/until.ts'

let fixture: FillerFixture

beforeEach(async () => {
  fixture = await createFillerFixture()
})

afterEach(async () => {
  await fixture.drop()
})

/** So many ids with a prefix. */
const ids = (prefix: string, count: number) =>
  Array.from({ length: count }, (_unused, index) => `${prefix}-${index}`)

const readIds = (clientId: string) => readStream(fixture.reader, clientId)

test('each client’s messages are in its own stream, once, as its token allows', async () => {
  const filler = await fixture.start()
  const anna = await fixture.createClient()
  const berta = await fixture.createClient({
    'firehose-1.0': { maxRate: 5 },
    'push-1': 'https://x',
  })
  const nobody = await fixture.createClient({ 'firehose-2.*': true, 'firehose-1.0': 'malformed' })
  await anna.send(ids('anna', 300))
  await anna.send(ids('anna', 300))
  await nobody.send(ids('nobody', 20))
  await berta.send(ids('berta', 50))
  await until('all are journalled', async () => {
    const { lastOffset } = await fixture.reader.bounds(berta.clientId)
    return lastOffset === 50n && filler.events.length > 0
  })
  await until('the others too', async () => (await readIds(anna.clientId)).length === 300)
  expect(new Set(await readIds(anna.clientId))).toEqual(new Set(ids('anna', 300)))
  expect(new Set(await readIds(berta.clientId))).toEqual(new Set(ids('berta', 50)))
  const { messages } = await fixture.reader.read(anna.clientId, 0n, { maxBytes: 1 })
  const [first] = messages
  expect(first).toMatchObject({ type: 'ocr.v1m0.RecognizedText' })
  expect(first?.json.toString()).toMatch(
    /^\{"id":"anna-\d+","type":"ocr\.v1m0\.RecognizedText","timestamp":"[^"]+Z","correlationId":"case-\d+","imageId":"0123456789abcdef0123456789abcdef","data":\{"text":"hello"/,
  )
  await until('what was ignored is committed', async () => {
    const committed = await fixture.kafka.committed('firehose', topics.vision.name)
    const written = await fixture.kafka.written(topics.vision.name)
    return [...written].every(([partition, offset]) => committed.get(partition) === offset)
  })
  expect(await fixture.reader.bounds(nobody.clientId)).toEqual({ oldestOffset: 1n, lastOffset: 0n })
  await filler.stop()
})

test('what cannot be read is put aside, and the rest goes on', async () => {
  const letters = await fixture.kafka.watch(topics.deadLetter.name)
  await fixture.start()
  const anna = await fixture.createClient()
  await fixture.kafka.send(topics.vision.name, [
    { key: anna.clientId, partition: 0, value: Buffer.from('no envelope') },
  ])
  await anna.send(ids('anna', 12))
  await until('the rest is there', async () => (await readIds(anna.clientId)).length === 12)
  const [letter] = await letters.until((records) => records.length === 1)
  expect(letter?.headers['reason-code']?.toString()).toBe('envelope-malformed')
  expect(letter?.headers['group']?.toString()).toBe('firehose')
})

test('fillers that are killed one after the other lose nothing, and give no offset twice', async () => {
  const anna = await fixture.createClient()
  const berta = await fixture.createClient()
  const all = ids('message', 3_000)
  const environment = { KAFKA_SESSION_TIMEOUT_MS: '6000' }
  let filler = await fixture.start(environment)
  const sending = (async () => {
    for (let from = 0; from < all.length; from += 100) {
      await anna.send(all.slice(from, from + 100))
      await berta.send(all.slice(from, from + 100))
    }
  })()
  for (const share of [0.1, 0.3, 0.6]) {
    await until('a part is there', async () => {
      const { lastOffset } = await fixture.reader.bounds(anna.clientId)
      return Number(lastOffset) >= all.length * share
    })
    await filler.stop('SIGKILL')
    filler = await fixture.start(environment)
  }
  await sending
  for (const { clientId } of [anna, berta]) {
    await until('all are there', async () => {
      const { lastOffset } = await fixture.reader.bounds(clientId)
      return Number(lastOffset) >= all.length
    })
    const read = await readIds(clientId)
    expect(read).toHaveLength(all.length)
    expect(new Set(read)).toEqual(new Set(all))
  }
}, 120_000)
