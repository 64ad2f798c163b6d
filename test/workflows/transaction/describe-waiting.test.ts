import { describe, expect, test } from '@jest/globals'
import { describeWaiting } from '../../../workflows/transaction/describe-waiting.ts'
import { emptyTransaction } from '../../../workflows/transaction/transaction-state.ts'
import type { Progress } from '../../../workflows/transaction/progress.ts'

const progress: Progress = {
  messages: 3,
  images: 2,
  completeImages: 1,
  announced: 4,
  missing: 3,
  missingSample: ['ocr 1.0 of 9f', 'faceextract 1.1 of a0'],
  windowStartMs: 0,
  windowSeconds: 86_400,
  idleSeconds: 30,
  revision: 0,
  decidedMessages: 0,
}

describe('what a workflow says of its waiting', () => {
  test('names what is missing and when it ends', () => {
    const decision = { kind: 'wait', untilMs: 86_400_000, until: 'window' } as const
    expect(describeWaiting({ ...emptyTransaction, progress }, decision)).toBe(
      '1 of 4 announced images are complete. ' +
        'Missing: ocr 1.0 of 9f, faceextract 1.1 of a0 and 1 more. ' +
        'Nothing came yet of 2 of the images. ' +
        'Ends at 1970-01-02T00:00:00.000Z, when the window is over.',
    )
  })

  test('says that an unannounced transaction ends unless something comes', () => {
    const decision = { kind: 'wait', untilMs: 30_000, until: 'idle' } as const
    const idle = { ...progress, announced: 0, completeImages: 2, missing: 0, missingSample: [] }
    expect(describeWaiting({ ...emptyTransaction, progress: idle }, decision)).toBe(
      '2 of 2 images are complete. Ends at 1970-01-01T00:00:30.000Z unless something comes before.',
    )
  })

  test('says to when an operator has moved the end', () => {
    const decision = { kind: 'wait', untilMs: 90_000_000, until: 'extension' } as const
    expect(describeWaiting({ ...emptyTransaction, progress }, decision)).toContain(
      'Ends at 1970-01-02T01:00:00.000Z, to when an operator has moved its end.',
    )
  })

  test('says why a revision could not be published, since when, and when it is tried again', () => {
    const failure = {
      ...{ code: 'broken', message: 'a test', tries: 3 },
      sinceMs: 0,
      retryAtMs: 60_000,
    }
    const state = { ...emptyTransaction, progress: { ...progress, revision: 1 }, failure }
    expect(describeWaiting(state, { kind: 'failed', untilMs: 60_000 })).toContain(
      'Revision 2 could not be published, tried 3 times since 1970-01-01T00:00:00.000Z: broken (a test). ' +
        'It is tried again at 1970-01-01T00:01:00.000Z, or when something comes; `retryNow` tries it at once.',
    )
  })
})
