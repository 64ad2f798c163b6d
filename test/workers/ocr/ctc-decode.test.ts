import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeCtc, readAlphabet } from '../../../workers/ocr/ctc-decode.ts'

const alphabet = readAlphabet('a\nb\nc\n\u3000\né', 7)

/** Runs of classes: how often each is repeated, and how many blanks follow. */
const arbitraryRuns = fc.array(
  fc.record({
    label: fc.integer({ min: 1, max: alphabet.length - 1 }),
    repeats: fc.integer({ min: 1, max: 3 }),
    blanks: fc.integer({ min: 1, max: 3 }),
    probability: fc.double({ min: 0.6, max: 1, noNaN: true }),
  }),
  { maxLength: 20 },
)

describe('decoding', () => {
  test('gives each label once, however often it is repeated, with the probability and step at which it came first', () => {
    fc.assert(
      fc.property(arbitraryRuns, (runs) => {
        const steps: { label: number; probability: number }[] = []
        const expected = runs.map(({ label, probability, repeats, blanks }) => {
          const step = steps.length
          for (let i = 0; i < repeats; i++)
            steps.push({ label, probability: i === 0 ? probability : 0.99 })
          for (let i = 0; i < blanks; i++) steps.push({ label: 0, probability: 0.9 })
          return { text: alphabet[label], step, probability: expect.closeTo(probability, 5) }
        })
        expect(decodeCtc(probabilitiesOf(steps), alphabet)).toEqual(expected)
      }),
    )
  })

  test('keeps a doubled letter only where a blank lies between', () => {
    const read = (...labels: number[]) =>
      decodeCtc(probabilitiesOf(labels.map((label) => ({ label, probability: 0.9 }))), alphabet)
        .map(({ text }) => text)
        .join('')
    expect(read(1, 1, 2)).toBe('ab')
    expect(read(1, 0, 1, 2)).toBe('aab')
    expect(read(0, 0)).toBe('')
    expect(read()).toBe('')
  })
})

describe('the dictionary', () => {
  test('keeps entries of white space, and ends with the space', () => {
    expect(alphabet).toEqual(['', 'a', 'b', 'c', '\u3000', 'é', ' '])
  })

  test('may end with a line feed', () => {
    expect(readAlphabet('a\nb\n', 4)).toEqual(['', 'a', 'b', ' '])
  })

  test('of another model is refused', () => {
    expect(() => readAlphabet('a\nb', 5)).toThrow(
      expect.objectContaining({ code: 'model-unavailable' }),
    )
  })
})

function probabilitiesOf(
  steps: readonly { readonly label: number; readonly probability: number }[],
): Float32Array {
  const rows = new Float32Array(steps.length * alphabet.length)
  for (const [step, { label, probability }] of steps.entries()) {
    const rest = (1 - probability) / (alphabet.length - 1)
    rows.fill(rest, step * alphabet.length, (step + 1) * alphabet.length)
    rows[step * alphabet.length + label] = probability
  }
  return rows
}
