import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  createRefusalWindow,
  mostRefusals,
  windowAnswers,
} from '../../../activities/delivery/create-refusal-window.ts'

describe('the window of refusals', () => {
  test('is mostly refused from 16 refusals among the last 20 answers', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 100 }), (answers) => {
        const window = createRefusalWindow<number>()
        answers.forEach((isRefused, index) => window.note(isRefused ? index : undefined))
        const refusals = answers.slice(-windowAnswers).filter((isRefused) => isRefused)
        expect(window.isMostlyRefused()).toBe(refusals.length >= mostRefusals)
      }),
    )
  })

  test('gives every refusal back exactly once', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 100 }), (answers) => {
        const window = createRefusalWindow<number>()
        const left = answers.map((isRefused, index) => window.note(isRefused ? index : undefined))
        const back = [...left.filter((refusal) => refusal !== undefined), ...window.empty()]
        expect(back).toEqual(answers.flatMap((isRefused, index) => (isRefused ? [index] : [])))
        expect(window.empty()).toEqual([])
      }),
    )
  })
})
