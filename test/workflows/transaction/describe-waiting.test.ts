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
})
