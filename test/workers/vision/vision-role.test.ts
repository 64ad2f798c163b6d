import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { fromBinary } from '@bufbuild/protobuf'
import { anyIs, anyUnpack } from '@bufbuild/protobuf/wkt'
import path from 'node:path'
import { readEnvelope, type CompleteEnvelope } from '../../../lib/envelope/read-envelope.ts'
import type { IncomingRecord } from '../../../lib/kafka/incoming-record.ts'
import { traceIdOf } from '../../../lib/telemetry/trace-context.ts'
import { RecognizedTextSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import { ImageProcessedSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'
import { ingestRecord, type TestImage } from '../../support/ingest.ts'
import { createTestKafka, type TestKafka, type TopicWatch } from '../../support/kafka.ts'
import { childrenOf, isRunning, runProgram, type Program } from '../../support/run-program.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'
import { moodyImage, type Mood } from './moody-service.ts'

const group = 'vision-ocr'
/** The shortest that the broker accepts: the partitions of a killed process lie idle for so long. */
const shortSession = { KAFKA_SESSION_TIMEOUT_MS: '6000' }

let keys: TestKeys
let token: string
let kafka: TestKafka
let vision: TopicWatch
let deadLetters: TopicWatch
let programs: Program[]

beforeAll(async () => {
  keys = await createTestKeys()
  token = await issueTestToken(keys, { rights: { 'moody-1.0': true } })
})

afterAll(() => keys.remove())

beforeEach(async () => {
  programs = []
  kafka = await createTestKafka()
  vision = await kafka.watch('vision-1')
  deadLetters = await kafka.watch('dead-letter-1')
})

afterEach(async () => {
  for (const program of programs) program.kill('SIGKILL')
  await Promise.all(programs.map(({ ended }) => ended))
  await kafka.drop()
})

/** Starts the moody service as a process of its own, as `main.ts` starts a real one. */
async function start(environment: Record<string, string> = {}): Promise<Program> {
  const program = runProgram(path.resolve('test/workers/vision/moody-role.ts'), [], {
    KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
    TEMPORAL_TASK_QUEUE_PREFIX: kafka.options.topicPrefix,
    IPS_KEYS_DIRECTORY: keys.directory,
    MODELS_DIRECTORY: '/nonexistent',
    HEALTH_PORT: '0',
    VISION_CHILDREN: '1',
    ...environment,
  })
  programs.push(program)
  await program.event('group.joined')
  return program
}

async function send(mood: Mood, image: Partial<TestImage> & { serial?: number } = {}) {
  const content = image.content ?? (await moodyImage(mood, image.serial ?? 0))
  const { record, imageId } = ingestRecord({ token, ...image, content })
  await kafka.send('ingest-1', [record])
  return imageId
}

const envelopes = (records: readonly IncomingRecord[]) =>
  records.map(({ value }) => readEnvelope(value))
const ofImage = (imageId: string) =>
  envelopes(vision.records).filter(({ envelope }) => envelope.imageId === imageId)
const isTerminal = ({ payload }: CompleteEnvelope) => anyIs(payload, ImageProcessedSchema)
const terminalOf = (message: CompleteEnvelope | undefined) =>
  message === undefined ? undefined : anyUnpack(message.payload, ImageProcessedSchema)

/** The terminal messages of an image, once there are so many. */
async function terminals(imageId: string, count = 1) {
  await until(
    `${count} terminal messages`,
    () => ofImage(imageId).filter(isTerminal).length >= count,
  )
  return ofImage(imageId).filter(isTerminal).map(terminalOf)
}

const allCommitted = (count: bigint) =>
  until('the commit of everything', async () => {
    const offsets = [...(await kafka.committed(group, 'ingest-1')).values()]
    return offsets.reduce((sum, offset) => sum + offset, 0n) === count
  })

const reasonsOf = (records: readonly IncomingRecord[]) =>
  records.map(({ headers }) => headers['reason-code']?.toString())

describe('a vision service', () => {
  test('sends the results of an image, then its terminal message, under the client’s key and in one partition', async () => {
    await start()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const ingestedAt = new Date('2026-11-24T06:00:00.123Z')
    const validThen = await issueTestToken(keys, {
      rights: { 'moody-1.0': true },
      issuedAt: new Date('2026-11-24T05:50:00Z'),
      lifetimeSeconds: 3_600,
    })
    const imageId = await send('thrice', {
      token: validThen,
      correlationId: 'case-17',
      traceparent,
      ingestedAt,
      announcedImages: 4,
    })
    await terminals(imageId)
    const messages = ofImage(imageId)
    const texts = messages
      .slice(0, 3)
      .map(({ payload }) => fromBinary(RecognizedTextSchema, payload.value).text)
    expect(texts).toEqual(['one', 'two', 'three'])
    expect(terminalOf(messages[3])).toMatchObject({ service: 'moody', version: '1.0', results: 3 })
    expect(terminalOf(messages[3])?.failure).toBeUndefined()
    expect(new Set(messages.map(({ envelope }) => envelope.messageId)).size).toBe(4)
    for (const { envelope, ingestedAt: at } of messages) {
      expect(envelope).toMatchObject({
        correlationId: 'case-17',
        token: validThen,
        announcedImages: 4,
      })
      expect(at).toEqual(ingestedAt)
      expect(traceIdOf(envelope.traceparent)).toBe(traceIdOf(traceparent))
      expect(envelope.traceparent).not.toBe(traceparent)
    }
    expect(new Set(vision.records.map(({ key, partition }) => `${key}/${partition}`)).size).toBe(1)
    await allCommitted(1n)
  })

  test('gives byte-identical messages for the same image, in another process too', async () => {
    const image = { correlationId: 'case-1', ingestedAt: new Date('2026-11-24T06:00:00Z') }
    const validThen = await issueTestToken(keys, {
      rights: { 'moody-1.0': true },
      issuedAt: new Date('2026-11-24T05:50:00Z'),
    })
    const first = await start()
    const imageId = await send('thrice', { ...image, token: validThen })
    await terminals(imageId)
    await allCommitted(1n)
    first.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    await start()
    await send('thrice', { ...image, token: validThen })
    await terminals(imageId, 2)
    const values = vision.records.map(({ value }) => value.toString('hex'))
    expect(values.slice(4)).toEqual(values.slice(0, 4))
  })

  test('serves the versions that the token asks for, each once', async () => {
    await start()
    const rights = { 'moody-1.*': true, 'moody-1.1': true, 'moody-*': true, 'other-1.*': true }
    const imageId = await send('calm', { token: await issueTestToken(keys, { rights }) })
    await terminals(imageId, 2)
    await allCommitted(1n)
    const messages = ofImage(imageId)
    expect(messages.map(isTerminal)).toEqual([false, true, false, true])
    expect(messages.filter(isTerminal).map((message) => terminalOf(message)?.version)).toEqual([
      '1.1',
      '2.0',
    ])
  })

  test('sends nothing for an image whose token does not ask for it, or with a claim that it cannot read', async () => {
    const program = await start()
    const stranger = await issueTestToken(keys, { rights: { 'other-1.*': true } })
    const odd = await issueTestToken(keys, { rights: { 'moody-1.*': { surprise: 1 } } })
    await send('calm', { token: stranger, serial: 1 })
    await send('calm', { token: odd, serial: 2 })
    await allCommitted(2n)
    expect(vision.records).toEqual([])
    expect(await program.event('claim.malformed')).toMatchObject({ claim: 'moody-1.*' })
  })

  test('answers an image that it cannot work on with a failure, and goes on', async () => {
    await start()
    const damaged = await send('calm', { content: (await moodyImage('calm')).subarray(0, 60) })
    const refused = await send('refuse')
    const fine = await send('calm')
    const [first] = await terminals(damaged)
    const [second] = await terminals(refused)
    expect(first).toMatchObject({ results: 0, failure: { code: 'image-damaged' } })
    expect(second).toMatchObject({
      results: 0,
      failure: { code: 'image-refused', detail: 'refused, on purpose' },
    })
    expect((await terminals(fine))[0]).toMatchObject({ results: 1 })
    await allCommitted(3n)
    expect(deadLetters.records).toEqual([])
  })

  test('answers with a failure where a result does not fit into a message', async () => {
    await start()
    const imageId = await send('huge')
    expect(await terminals(imageId)).toMatchObject([
      { results: 0, failure: { code: 'result-too-large' } },
    ])
    expect(ofImage(imageId)).toHaveLength(1)
  })

  test('puts records aside that are no images or have no good token, and goes on', async () => {
    await start()
    const { record } = ingestRecord({ token, content: Buffer.from('x') })
    const expired = await issueTestToken(keys, {
      rights: { 'moody-1.0': true },
      issuedAt: new Date(Date.now() - 86_400_000),
      lifetimeSeconds: 600,
    })
    await kafka.send('ingest-1', [{ ...record, value: Buffer.from('no envelope at all') }])
    await send('calm', { token: 'no.token' })
    await send('calm', { token: expired })
    const fine = await send('calm')
    await terminals(fine)
    await allCommitted(4n)
    await deadLetters.until((letters) => letters.length >= 3)
    expect(reasonsOf(deadLetters.records).sort()).toEqual([
      'envelope-malformed',
      'token-expired',
      'token-invalid',
    ])
    expect(vision.records).toHaveLength(2)
  })

  test('gives an image up that costs a third child, with a failure and a dead letter', async () => {
    const program = await start()
    const poison = await send('crash')
    const fine = await send('calm')
    expect(await terminals(poison)).toMatchObject([
      { results: 0, failure: { code: 'image-poisonous' } },
    ])
    expect(await terminals(fine)).toMatchObject([{ results: 1 }])
    await deadLetters.until((letters) => letters.length > 0)
    expect(reasonsOf(deadLetters.records)).toEqual(['image-poisonous'])
    await allCommitted(2n)
    const lost = () => program.events.filter(({ event }) => event === 'child.lost')
    await until('the log to be read', () => lost().length >= 3)
    expect(lost()).toHaveLength(3)
  })

  test('remembers over its own death how many children an image has cost', async () => {
    // Each process ends before the image does: it hangs until the time-out, which is counted.
    const patience = { ...shortSession, VISION_IMAGE_TIMEOUT_MS: '2000' }
    const first = await start(patience)
    const imageId = await send('hang')
    await first.event('image.cost-a-child', ({ lostChildren }) => lostChildren === 2)
    first.kill('SIGKILL')
    await first.ended
    const second = await start(patience)
    expect(await terminals(imageId)).toMatchObject([{ failure: { code: 'image-poisonous' } }])
    await allCommitted(1n)
    const costly = () => second.events.filter(({ event }) => event === 'image.cost-a-child')
    await until('the log to be read', () => costly().length > 0)
    expect(costly()).toHaveLength(1)
  })

  test('works again on what was under way when it was killed, and leaves no child behind', async () => {
    const first = await start(shortSession)
    const imageId = await send('hang')
    const pids = await childrenOf(first.pid)
    await until(
      'the image to be under way',
      async () => (await metric(first, 'ips_vision_working_children')) === 1,
    )
    first.kill('SIGKILL')
    await first.ended
    await until('the end of the children', async () =>
      (await Promise.all(pids.map(isRunning))).every((running) => !running),
    )
    await start({ ...shortSession, VISION_IMAGE_TIMEOUT_MS: '1000' })
    expect(await terminals(imageId)).toMatchObject([{ failure: { code: 'image-poisonous' } }])
  })

  test('stays a member of its group while an image takes longer than the session', async () => {
    const program = await start()
    const imageId = await send('slow')
    expect(await terminals(imageId)).toMatchObject([{ results: 1 }])
    await allCommitted(1n)
    expect(ofImage(imageId)).toHaveLength(2)
    expect(program.events.filter(({ event }) => event === 'group.joined')).toHaveLength(1)
  })

  test('ends what it has begun when it is asked to stop, and leaves the rest', async () => {
    const program = await start()
    const begun = await send('slow')
    await until(
      'the image to be under way',
      async () => (await metric(program, 'ips_vision_working_children')) === 1,
    )
    const waiting = await send('slow', { serial: 1 })
    await until(
      'another that waits',
      async () => (await metric(program, 'ips_vision_queued_images')) === 1,
    )
    program.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(await terminals(begun)).toHaveLength(1)
    expect(ofImage(waiting)).toEqual([])
    await allCommitted(1n)
  })
})

/** The sum of a metric's values, from the process's own endpoint. */
async function metric(program: Program, name: string): Promise<number> {
  const { healthPort } = await program.event('process.started')
  const response = await fetch(`http://127.0.0.1:${String(healthPort)}/metrics`)
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith(`${name}{`))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
