import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  createRefusalWindow,
  mostRefusals,
  windowAnswers,
} from '../../../activities/delivery/create-refusal-window.ts'

describe('the window of refusals', () => {
  test('is mostly refused from 16 refusals among the last 20 answers', () => {
    // Mostly refusals, or a window of 16 would never be met.
    const answer = fc.integer({ min: 0, max: 4 }).map((number) => number > 0)
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 200 }), (answers) => {
        const window = createRefusalWindow()
        answers.forEach((isRefused, index) => {
          window.note(isRefused)
          const last = answers.slice(0, index + 1).slice(-windowAnswers)
          const refusals = last.filter((refused) => refused).length
          expect(window.isMostlyRefused()).toBe(refusals >= mostRefusals)
        })
      }),
    )
  })

  test('that begins nearly refused is mostly refused with one more, and not with a delivery before it', () => {
    const refused = createRefusalWindow(true)
    expect(refused.isMostlyRefused()).toBe(false)
    refused.note(true)
    expect(refused.isMostlyRefused()).toBe(true)

    const mended = createRefusalWindow(true)
    for (let delivered = 0; delivered < windowAnswers; delivered += 1) mended.note(false)
    mended.note(true)
    expect(mended.isMostlyRefused()).toBe(false)
  })
})
