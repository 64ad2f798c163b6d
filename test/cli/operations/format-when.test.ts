import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatWhen, printable } from '../../../cli/operations/format-when.ts'

const now = Date.parse('2026-11-24T06:00:00Z')

describe('formatWhen', () => {
  test.each([
    ['2026-11-24T06:00:05.000Z', 'in 5 s'],
    ['2026-11-24T06:04:59.000Z', 'in 4 min'],
    ['2026-11-24T08:30:00.000Z', 'in 2 h'],
    ['2026-11-26T06:00:00.000Z', 'in 2 d'],
    ['2026-11-24T05:59:00.000Z', '1 min ago'],
  ])('says of %s that it is %s', (time, amount) => {
    expect(formatWhen(time, now)).toBe(`${time} (${amount})`)
  })
})

describe('printable', () => {
  test('leaves nothing that a terminal obeys', () => {
    expect(printable('\u001b[31mred\u0007\r\n')).toBe('[31mred')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/\p{C}/u)
      }),
    )
  })
})
