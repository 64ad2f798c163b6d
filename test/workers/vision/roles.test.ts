import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readEnvelope } from '../../../lib/envelope/read-envelope.ts'
import { renderMessage } from '../../../lib/envelope/render-message.ts'
import { ImageProcessedSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'
import { ingestRecord } from '../../support/ingest.ts'
import { createTestKafka, type TestKafka, type TopicWatch } from '../../support/kafka.ts'
import { modelsDirectory, samplesDirectory } from '../../support/model-files.ts'
import { runProgram, type Program } from '../../support/run-program.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

const rights = { 'faceextract-1.*': true, 'faceextract-2.*': true, 'ocr-*': true }

let keys: TestKeys
let kafka: TestKafka
let vision: TopicWatch
let program: Program | undefined

beforeAll(async () => {
  keys = await createTestKeys()
})

afterAll(() => keys.remove())

beforeEach(async () => {
  kafka = await createTestKafka()
  vision = await kafka.watch('vision-1')
})

afterEach(async () => {
  program?.kill('SIGTERM')
  expect(await program?.ended).toBe(0)
  await kafka.drop()
})

/** Starts a role as the supervisor does, and sends it an image. */
async function work(role: string, args: string[], content: Buffer) {
  program = runProgram(path.resolve('main.ts'), [role, ...args], {
    KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
    TEMPORAL_TASK_QUEUE_PREFIX: kafka.options.topicPrefix,
    IPS_KEYS_DIRECTORY: keys.directory,
    MODELS_DIRECTORY: modelsDirectory(),
    VISION_CHILDREN: '1',
    HEALTH_PORT: '0',
  })
  const token = await issueTestToken(keys, { rights })
  await kafka.send('ingest-1', [ingestRecord({ token, content }).record])
}

const envelopes = () => vision.records.map(({ value }) => readEnvelope(value))
const terminals = () =>
  envelopes().flatMap(({ payload }) => anyUnpack(payload, ImageProcessedSchema) ?? [])

const expected = [
  ['vision-faceextract', ['1.1', '2.0']],
  ['vision-ocr', ['1.0']],
] as const

describe('the vision roles', () => {
  test.each(expected)('%s answers without models, as its protocol says', async (role, versions) => {
    await work(role, ['--synthetic'], Buffer.from('not even an image'))
    await vision.until(() => terminals().length === versions.length)
    expect(terminals().map(({ version }) => version)).toEqual(versions)
    for (const terminal of terminals()) {
      expect(terminal).toMatchObject({ models: [], executionProvider: 'synthetic' })
    }
    for (const envelope of envelopes()) {
      expect(() => JSON.stringify(renderMessage(envelope, new Date()))).not.toThrow()
    }
    const results = terminals().reduce((sum, terminal) => sum + terminal.results, 0)
    expect(envelopes()).toHaveLength(results + versions.length)
  })

  test.each(expected)('%s works with its models, and names them', async (role, versions) => {
    await work(role, [], await readFile(path.join(samplesDirectory(), 'sample1.jpg')))
    await vision.until(() => terminals().length === versions.length)
    for (const { failure, models, executionProvider } of terminals()) {
      expect(failure).toBeUndefined()
      expect(executionProvider).toBe('cpu')
      expect(models.length).toBeGreaterThan(0)
      for (const { name, sha256 } of models) {
        const file = await readFile(path.join(modelsDirectory(), `${name}.onnx`))
        expect(sha256).toBe(createHash('sha256').update(file).digest('hex'))
      }
    }
  })
})
