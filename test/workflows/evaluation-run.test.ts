import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ApplicationFailure } from '@temporalio/common'
import { Worker } from '@temporalio/worker'
import type {
  EvaluatedImages,
  EvaluateImagesInput,
} from '../../activities/evaluation/evaluated-images.ts'
import { createEvaluationRunActivities } from '../../activities/evaluation/run-activities.ts'
import {
  evaluationProgressQuery,
  type EvaluatedService,
  type evaluationRun,
} from '../../workflows/evaluation-run.ts'
import { recordHistory } from '../support/record-history.ts'
import { createServerWorkflowTests, type WorkflowTests } from '../support/workflow-tests.ts'

let tests: WorkflowTests

beforeAll(async () => {
  tests = await createServerWorkflowTests()
})

afterAll(() => tests.environment.teardown())

/** What a service of a test does with a chunk. */
type Evaluate = (input: EvaluateImagesInput, serial: number) => object

interface ScriptedRun {
  readonly recorded: ReadonlyMap<number, EvaluatedImages>
  /** Records that came for a chunk that was recorded. */
  readonly repeated: readonly number[]
  /** Chunks that a service worked on at the same time at most. */
  readonly most: number
  readonly start: () => Promise<Awaited<ReturnType<typeof startRun>>>
}

function startRun(taskQueue: string, input: { chunks: number; lanes: number }, services: number) {
  const asked = Array.from({ length: services }, (): EvaluatedService => {
    return { taskQueue, version: '1.0', claimValue: true, summarised: false }
  })
  return tests.environment.client.workflow.start<typeof evaluationRun>('evaluationRun', {
    ...{ workflowId: `evaluation/${taskQueue}`, taskQueue },
    args: [{ ...input, services: asked }],
  })
}

/** Runs `work` beside a worker that serves an evaluation of two images in each chunk. */
async function withRun(
  options: { chunks: number; lanes: number; services?: number; known?: readonly number[] },
  evaluate: Evaluate,
  work: (run: ScriptedRun) => Promise<void>,
): Promise<void> {
  const { chunks, lanes, services = 1, known = [] } = options
  const taskQueue = randomUUID()
  const recorded = new Map<number, EvaluatedImages>()
  const repeated: number[] = []
  let [serial, running, most] = [0, 0, 0]
  const worker = await Worker.create({
    connection: tests.environment.nativeConnection,
    ...{ taskQueue, workflowBundle: tests.workflowBundle },
    activities: {
      ...createEvaluationRunActivities({
        open: (chunk) =>
          Promise.resolve(
            known.includes(chunk)
              ? null
              : { service: chunk % services, images: [`${chunk}.0`, `${chunk}.1`] },
          ),
        record(chunk, result) {
          if (recorded.has(chunk)) repeated.push(chunk)
          else recorded.set(chunk, result)
          return Promise.resolve()
        },
      }),
      async evaluateImages(input: EvaluateImagesInput) {
        running += 1
        most = Math.max(most, running)
        try {
          return await Promise.resolve(evaluate(input, (serial += 1)))
        } finally {
          running -= 1
        }
      },
    },
  })
  await worker.runUntil(() =>
    work({
      ...{ recorded, repeated },
      get most() {
        return most
      },
      start: () => startRun(taskQueue, { chunks, lanes }, services),
    }),
  )
}

function resultOf({ images }: EvaluateImagesInput, text = ''): EvaluatedImages {
  const results = text === '' ? [] : [{ type: 't', data: text }]
  return {
    ...{ service: 'ocr', version: '1.0', models: [], executionProvider: 'cpu' },
    images: images.map((image) => ({ image, results })),
  }
}

const plain: Evaluate = (input) => resultOf(input)

function imagesIn(recorded: ScriptedRun['recorded']): string[] {
  return [...recorded.values()].flatMap(({ images }) => images.map(({ image }) => image)).sort()
}

function imagesOf(chunks: readonly number[]): string[] {
  return chunks.flatMap((chunk) => [`${chunk}.0`, `${chunk}.1`]).sort()
}

describe('evaluationRun', () => {
  test('has every chunk worked on and recorded, so many at a time', async () => {
    await withRun({ chunks: 7, lanes: 3 }, plain, async (run) => {
      const handle = await run.start()
      const progress = { chunks: 7, done: 7, images: 14, failed: 0 }
      expect(await handle.result()).toEqual(progress)
      expect(await handle.query(evaluationProgressQuery)).toEqual(progress)
      expect(imagesIn(run.recorded)).toEqual(imagesOf([0, 1, 2, 3, 4, 5, 6]))
      expect(run.most).toBeLessThanOrEqual(3)
      await recordHistory(handle, 'evaluation-run')
    })
  })

  test('leaves out what was recorded before', async () => {
    await withRun({ chunks: 4, lanes: 2, known: [0, 2] }, plain, async (run) => {
      const handle = await run.start()
      expect(await handle.result()).toEqual({ chunks: 4, done: 4, images: 4, failed: 0 })
      expect(imagesIn(run.recorded)).toEqual(imagesOf([1, 3]))
    })
  })

  test('counts the images that a service could not work on', async () => {
    const failing: Evaluate = (input) => {
      const { images, ...by } = resultOf(input)
      const failure = { code: 'image-damaged', detail: '' }
      return { ...by, images: images.map((one, at) => (at === 0 ? { ...one, failure } : one)) }
    }
    await withRun({ chunks: 3, lanes: 1, services: 2 }, failing, async (run) => {
      expect(await (await run.start()).result()).toMatchObject({ images: 6, failed: 3 })
    })
  })

  test('has a chunk done again that has failed for now, and records it once', async () => {
    const flaky: Evaluate = (input, serial) => {
      if (serial === 2) throw new Error('the worker was lost')
      return resultOf(input)
    }
    await withRun({ chunks: 3, lanes: 1 }, flaky, async (run) => {
      expect(await (await run.start()).result()).toMatchObject({ done: 3, images: 6 })
      expect(imagesIn(run.recorded)).toEqual(imagesOf([0, 1, 2]))
      expect(run.repeated).toEqual([])
    })
  })

  test('fails where no repetition helps', async () => {
    const refuse: Evaluate = () => {
      throw ApplicationFailure.nonRetryable('not a claim', 'claim-malformed')
    }
    await withRun({ chunks: 3, lanes: 2 }, refuse, async (run) => {
      const failure = { cause: { cause: { type: 'claim-malformed' } } }
      await expect((await run.start()).result()).rejects.toMatchObject(failure)
    })
  })

  test('goes on as new before its history is large, without a chunk lost or done twice', async () => {
    // Twice in the history, this makes of ten chunks more than a run bears.
    const large: Evaluate = (input) => resultOf(input, 'x'.repeat(300 * 1024))
    const chunks = Array.from({ length: 16 }, (_, chunk) => chunk)
    await withRun({ chunks: chunks.length, lanes: 3 }, large, async (run) => {
      const handle = await run.start()
      expect(await handle.result()).toMatchObject({ done: 16, images: 32 })
      const { status } = await tests.environment.client.workflow
        .getHandle(handle.workflowId, handle.firstExecutionRunId)
        .describe()
      expect(status.name).toBe('CONTINUED_AS_NEW')
      expect(imagesIn(run.recorded)).toEqual(imagesOf(chunks))
      expect(run.repeated).toEqual([])
    })
  })
})
