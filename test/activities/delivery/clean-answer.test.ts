import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cleanAnswer, maxAnswerBytes } from '../../../activities/delivery/clean-answer.ts'

const clean = (text: string) => cleanAnswer(Buffer.from(text))

describe('the first words of an answer', () => {
  test.each([
    ['not found', 'not found'],
    [' a\r\n\tb ', 'a b'],
    ['a\u0000b', 'a b'],
    ['\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['safe\u202egnp.exe', 'safe gnp.exe'],
    ['zero\u200bwidth', 'zero width'],
    ['grüße 👋', 'grüße 👋'],
  ])('%j become %j', (text, expected) => {
    expect(clean(text)).toBe(expected)
  })

  test.each(['', ' \n', '\u0000'])('are none where %j is all', (text) => {
    expect(clean(text)).toBeUndefined()
  })

  test('end before a character that is cut', () => {
    expect(clean(`${'x'.repeat(maxAnswerBytes - 1)}ü`)).toBe('x'.repeat(maxAnswerBytes - 1))
  })

  test('are text of at most 256 bytes without control characters, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_000 }), (bytes) => {
        const text = cleanAnswer(bytes) ?? ''
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxAnswerBytes)
        expect(text).not.toMatch(/\p{Cc}|\p{Cf}/u)
        expect(text.isWellFormed()).toBe(true)
      }),
    )
  })
})
