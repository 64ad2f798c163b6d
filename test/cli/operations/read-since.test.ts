import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readSince } from '../../../cli/operations/read-since.ts'

const now = Date.parse('2026-11-24T06:00:00Z')

describe('readSince', () => {
  test('reads times with any offset, and durations, as UTC', () => {
    expect(readSince('2026-11-23T07:00:00.5+01:00', now)).toBe('2026-11-23T06:00:00.500Z')
    expect(readSince('15m', now)).toBe('2026-11-24T05:45:00.000Z')
    expect(readSince('7d', now)).toBe('2026-11-17T06:00:00.000Z')
  })

  test('reads every time that there was', () => {
    const times = fc.date({ min: new Date(0), max: new Date(now), noInvalidDate: true })
    fc.assert(
      fc.property(times, (time) => {
        expect(readSince(time.toISOString(), now)).toBe(time.toISOString())
      }),
    )
  })

  test.each([
    '',
    'yesterday',
    '2026-11-24',
    '2026-11-24T06:00:00',
    '2026-13-24T06:00:00Z',
    '15',
    '1w',
    '-5m',
  ])('refuses %p', (text) => {
    expect(() => readSince(text, now)).toThrow('is no time')
  })

  test('refuses a time to come', () => {
    expect(() => readSince('2026-11-24T06:00:01Z', now)).toThrow('in the future')
  })
})
