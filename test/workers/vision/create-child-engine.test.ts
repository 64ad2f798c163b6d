import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { fromBinary } from '@bufbuild/protobuf'
import { Registry } from 'prom-client'
import { pino } from 'pino'
import { RecognizedTextSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import {
  createChildEngine,
  type ChildEngineOptions,
} from '../../../workers/vision/create-child-engine.ts'
import type { InferenceEngine } from '../../../workers/vision/inference-engine.ts'
import { createVisionMetrics } from '../../../workers/vision/vision-metrics.ts'
import { childrenOf, isRunning } from '../../support/run-program.ts'
import { until } from '../../support/until.ts'
import { moodyImage, type Mood } from './moody-service.ts'

let engine: InferenceEngine
let registry: Registry
let before: number[]

const never = new AbortController().signal

async function startEngine(options: Partial<ChildEngineOptions> = {}): Promise<InferenceEngine> {
  registry = new Registry()
  return createChildEngine({
    child: {
      module: new URL('./moody-service.ts', import.meta.url).href,
      service: 'moody',
      modelsDirectory: '/nonexistent',
      executionProviders: ['cpu'],
    },
    models: [],
    size: 1,
    timeoutMs: 30_000,
    metrics: createVisionMetrics(registry),
    logger: pino({ level: 'silent' }),
    ...options,
  })
}

async function infer(mood: Mood, signal = never, serial = 0) {
  const content = await moodyImage(mood, serial)
  const requests = [{ version: '1.0', settings: true }]
  const [results] = await engine.infer({ imageId: 'a', content, requests }, signal)
  return results?.map(({ value }) => fromBinary(RecognizedTextSchema, value).text)
}

const ownChildren = async () =>
  (await childrenOf(process.pid)).filter((pid) => !before.includes(pid))

beforeEach(async () => {
  before = await childrenOf(process.pid)
})

afterEach(() => engine.stop())

describe('createChildEngine', () => {
  test('answers with the results of the service, in their order', async () => {
    engine = await startEngine()
    expect(await infer('thrice')).toEqual(['one', 'two', 'three'])
    expect(await infer('empty')).toEqual([])
    expect(engine.description).toEqual({ models: [], executionProvider: 'cpu' })
    expect(engine.readiness()).toBe('ok')
  })

  test('answers the service’s questions', async () => {
    engine = await startEngine()
    expect(await engine.ask('double', 21, never)).toBe(42)
    await expect(engine.ask('refuse', {}, never)).rejects.toMatchObject({ code: 'no-answer' })
  })

  test.each([
    ['the service', () => moodyImage('refuse'), 'image-refused'],
    ['the decoder', () => Promise.resolve(Buffer.from('no image')), 'image-damaged'],
    [
      'the decoder, for lack of its end,',
      async () => (await moodyImage('calm')).subarray(0, 60),
      'image-damaged',
    ],
  ])('says that %s refuses an image, and goes on in the same child', async (_who, image, code) => {
    engine = await startEngine()
    const pids = await ownChildren()
    const requests = [{ version: '1.0', settings: true }]
    await expect(
      engine.infer({ imageId: 'a', content: await image(), requests }, never),
    ).rejects.toMatchObject({ code, retryable: false })
    expect(await infer('calm')).toEqual(['calm'])
    expect(await ownChildren()).toEqual(pids)
  })

  test.each(['crash', 'bug'] as const)('replaces a child that is lost to a %s', async (mood) => {
    engine = await startEngine()
    const [pid] = await ownChildren()
    await expect(infer(mood)).rejects.toMatchObject({ code: 'inference-crashed', retryable: true })
    expect(await infer('calm')).toEqual(['calm'])
    expect(await ownChildren()).not.toContain(pid)
    expect(await registry.getSingleMetricAsString('ips_vision_children_lost_total')).toContain(
      'reason="inference-crashed"} 1',
    )
  })

  test('kills and replaces a child that hangs', async () => {
    engine = await startEngine({ timeoutMs: 3_000 })
    const [pid] = await ownChildren()
    await expect(infer('hang')).rejects.toMatchObject({
      code: 'inference-timed-out',
      retryable: true,
    })
    await until('the end of the child', async () => !(await isRunning(pid ?? 0)))
    expect(await infer('calm')).toEqual(['calm'])
  })

  test('replaces a child that was killed while it had nothing to do', async () => {
    engine = await startEngine()
    const [pid = 0] = await ownChildren()
    process.kill(pid, 'SIGKILL')
    await until('another child', async () => (await ownChildren()).some((other) => other !== pid))
    expect(await infer('calm')).toEqual(['calm'])
  })

  test('works on as many images at once as it has children', async () => {
    engine = await startEngine({ size: 2, timeoutMs: 3_000 })
    await until('two children', async () =>
      (await registry.getSingleMetricAsString('ips_vision_children')).includes(' 2'),
    )
    const stuck = infer('hang').catch((error: unknown) => error)
    expect(await infer('calm')).toEqual(['calm'])
    expect(await stuck).toMatchObject({ code: 'inference-timed-out' })
  })

  test('forgets work that is no longer wanted, unless it has begun', async () => {
    engine = await startEngine({ timeoutMs: 3_000 })
    const stuck = infer('hang').catch((error: unknown) => error)
    const unwanted = new AbortController()
    const waiting = infer('calm', unwanted.signal)
    unwanted.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'inference-cancelled', retryable: true })
    await expect(infer('calm', unwanted.signal)).rejects.toMatchObject({
      code: 'inference-cancelled',
    })
    await stuck
  })

  test('leaves no child behind when it stops, hanging ones included', async () => {
    engine = await startEngine()
    const pids = await ownChildren()
    const stuck = infer('hang').catch((error: unknown) => error)
    await until('an image under way', async () =>
      (await registry.getSingleMetricAsString('ips_vision_working_children')).includes(' 1'),
    )
    const waiting = infer('calm').catch((error: unknown) => error)
    await until('another one that waits', async () =>
      (await registry.getSingleMetricAsString('ips_vision_queued_images')).includes(' 1'),
    )
    await engine.stop()
    expect(await stuck).toMatchObject({ code: 'inference-crashed' })
    expect(await waiting).toMatchObject({ code: 'inference-cancelled' })
    for (const pid of pids) expect(await isRunning(pid)).toBe(false)
  })

  test('does not start without its models', async () => {
    await expect(startEngine({ models: ['missing'] })).rejects.toMatchObject({
      code: 'model-unavailable',
    })
  })

  test('gives way to the rest of the machine, and to its parent when memory runs out', async () => {
    const { readFile } = await import('node:fs/promises')
    const os = await import('node:os')
    engine = await startEngine()
    const [pid = 0] = await ownChildren()
    expect(os.getPriority(pid)).toBeGreaterThan(os.getPriority(process.pid))
    expect(Number(await readFile(`/proc/${pid}/oom_score_adj`, 'utf8'))).toBe(500)
  })
})
