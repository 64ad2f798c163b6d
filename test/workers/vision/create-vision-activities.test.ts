import { describe, expect, test } from '@jest/globals'
import { ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { createVisionActivities } from '../../../workers/vision/create-vision-activities.ts'
import type { InferenceEngine } from '../../../workers/vision/inference-engine.ts'
import { installQuietRuntime } from '../../support/temporal.ts'
import { moody } from './moody-service.ts'

installQuietRuntime()

/** An engine that answers as it is told. */
function engineThat(ask: InferenceEngine['ask']): InferenceEngine {
  return {
    description: { models: [{ name: 'm', sha256: 'f'.repeat(64) }], executionProvider: 'cpu' },
    infer: () => Promise.resolve([]),
    ask,
    readiness: () => 'ok',
    stop: () => Promise.resolve(),
  }
}

async function run(name: string, ask: InferenceEngine['ask'], input?: unknown): Promise<unknown> {
  const activity = createVisionActivities(moody, engineThat(ask))[name]
  if (activity === undefined) throw new Error(`no activity ${name}`)
  return new MockActivityEnvironment({ activityType: name }).run(activity, input)
}

describe('createVisionActivities', () => {
  test('serves the questions of the service, and a description of itself', () => {
    const activities = createVisionActivities(
      moody,
      engineThat(() => Promise.resolve()),
    )
    expect(Object.keys(activities).sort()).toEqual(['describeModels', 'double', 'refuse'])
  })

  test('reads files only where a folder for evaluations is named, and only from it', async () => {
    const asked: unknown[] = []
    const engine = engineThat((question, input) => {
      asked.push([question, input])
      return Promise.resolve({ image: 'a.png', results: [] })
    })
    expect(createVisionActivities(moody, engine, {})).not.toHaveProperty('evaluateImages')
    const { evaluateImages } = createVisionActivities(moody, engine, { evaluationFolder: '/in' })
    if (evaluateImages === undefined) throw new Error('no activity')
    const input = { images: ['a.png'], version: '1.0', claimValue: true, summarised: false }
    const environment = new MockActivityEnvironment({ activityType: 'evaluateImages' })
    expect(await environment.run(evaluateImages, input)).toMatchObject({
      ...{ service: 'moody', version: '1.0', images: [{ image: 'a.png', results: [] }] },
    })
    const question = { image: 'a.png', version: '1.0', claimValue: true, summarised: false }
    expect(asked).toEqual([['evaluateImage', { ...question, folder: '/in' }]])
    const elsewhere = environment.run(evaluateImages, { ...input, folder: '/etc' })
    await expect(elsewhere).rejects.toMatchObject({ type: 'evaluation-malformed' })
  })

  test('says which models it has, and where they run', async () => {
    expect(await run('describeModels', () => Promise.resolve())).toEqual({
      service: 'moody',
      versions: ['1.0', '1.1', '2.0'],
      models: [{ name: 'm', sha256: 'f'.repeat(64) }],
      executionProvider: 'cpu',
    })
  })

  test('passes a question on, and its answer back', async () => {
    const answer = await run('double', (question, input) => Promise.resolve([question, input]), 21)
    expect(answer).toEqual(['double', 21])
  })

  test.each([
    ['fails for good where there is no answer', false],
    ['fails for now where a child was lost over the question', true],
  ])('%s', async (_what, retryable) => {
    const error = new IpsError('some-code', 'on purpose', { retryable })
    const failure = await run('refuse', () => Promise.reject(error)).catch(
      (caught: unknown) => caught,
    )
    expect(failure).toBeInstanceOf(ApplicationFailure)
    expect(failure).toMatchObject({ type: 'some-code', nonRetryable: !retryable })
  })
})
