import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLineSplitter } from '../../../clients/typescript/split-lines.ts'

const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''))

/** Cuts bytes behind each of these places. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...places.map((place) => place % (bytes.length + 1)), 0].sort((a, b) => a - b)
  return sorted.map((start, index) => bytes.subarray(start, sorted[index + 1]))
}

describe('the splitter of lines', () => {
  test('gives the lines of a text wherever it is cut, inside characters too', () => {
    fc.assert(
      fc.property(fc.array(line), line, fc.array(fc.nat()), (lines, rest, places) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join('') + rest)
        const split = createLineSplitter(Infinity)
        expect(cutAt(bytes, places).flatMap(split)).toEqual(
          lines.map((text) => Buffer.from(text).toString()),
        )
      }),
    )
  })

  test('holds no more than a line may have, whether its end has come or not', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.nat(100),
        fc.boolean(),
        fc.array(fc.nat()),
        (most, length, isWhole, places) => {
          const split = createLineSplitter(most)
          const bytes = Buffer.from('x'.repeat(length) + (isWhole ? '\n' : ''))
          const pass = () => cutAt(bytes, places).flatMap(split)
          if (length > most)
            expect(pass).toThrow(expect.objectContaining({ code: 'line-too-long' }))
          else expect(pass()).toHaveLength(isWhole ? 1 : 0)
        },
      ),
    )
  })
})
