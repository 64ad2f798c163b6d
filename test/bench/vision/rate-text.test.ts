import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { countText, rateText, type TextWithLines } from '../../../bench/vision/rate-text.ts'

const of = (...rows: (readonly string[])[]): TextWithLines => ({
  text: rows.map((cells) => cells.join(' ')).join('\n'),
  lines: rows.flat(),
})
const written = of(['Rye bread', '3.49'], ['TOTAL', '20.68'])

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'ß', '7'), minLength: 1, maxLength: 6 })
const document = fc
  .array(fc.array(word, { minLength: 1, maxLength: 3 }), { maxLength: 5 })
  .map((rows) => of(...rows))

describe('countText', () => {
  test('finds nothing wrong with the text itself', () => {
    expect(countText(written, written)).toEqual({
      ...{ characters: 26, errors: 0, unorderedErrors: 0 },
      ...{ words: 5, wordsFound: 5, lines: 4, linesExact: 4 },
    })
  })

  test('tells a wrong order from wrong characters', () => {
    const counts = countText(of(['TOTAL', '20.68'], ['Rye bread', '3.49']), written)
    expect(counts).toMatchObject({ unorderedErrors: 0, wordsFound: 5, linesExact: 4 })
    expect(counts.errors).toBeGreaterThan(5)
  })

  test('takes cells that were read as one line for no wrong characters, but for inexact lines', () => {
    const counts = countText(of(['Rye bread 3.49'], ['TOTAL', '20.68']), written)
    expect(counts).toMatchObject({ errors: 0, unorderedErrors: 0, linesExact: 2, wordsFound: 5 })
  })

  test('charges a lost space as one character and two words', () => {
    const counts = countText(of(['Ryebread', '3.49'], ['TOTAL', '20.68']), written)
    expect(counts).toMatchObject({ errors: 1, unorderedErrors: 1, wordsFound: 3, linesExact: 3 })
  })

  test('counts a word as often as it is written', () => {
    const counts = countText(of(['a']), of(['a', 'a', 'b']))
    expect(counts).toMatchObject({ words: 3, wordsFound: 1, linesExact: 1 })
  })

  test('never finds more than there is, nor more errors without the order than with it', () => {
    fc.assert(
      fc.property(document, document, (read, wanted) => {
        const counts = countText(read, wanted)
        expect(counts.wordsFound).toBeLessThanOrEqual(counts.words)
        expect(counts.linesExact).toBeLessThanOrEqual(counts.lines)
        expect(counts.unorderedErrors).toBeLessThanOrEqual(counts.errors)
        expect(countText(wanted, wanted)).toMatchObject({ errors: 0, unorderedErrors: 0 })
      }),
    )
  })
})

describe('rateText', () => {
  test('weighs texts by their length', () => {
    const counts = [countText(of(), of(['abcd'])), countText(written, written)]
    const rates = rateText(counts)
    expect(rates.errorRate).toBeCloseTo(4 / 30)
    expect(rates.wordRecall).toBeCloseTo(5 / 6)
    expect(rates.linesExact).toBeCloseTo(4 / 5)
  })

  test('gives zeros where there is no text', () => {
    expect(rateText([])).toEqual({
      ...{ wordRecall: 0, errorRate: 0, unorderedErrorRate: 0, linesExact: 0 },
    })
  })
})
