import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  maxExtensionSeconds,
  readExtension,
} from '../../../workflows/transaction/read-extension.ts'

const now = Date.UTC(2026, 10, 24, 6)
const times = { nowMs: now, endMs: now + 60_000 }

describe('readExtension', () => {
  test('moves an end by seconds, from now on where it has passed', () => {
    expect(readExtension({ seconds: 7_200 }, times)).toEqual({ untilMs: now + 7_260_000 })
    expect(readExtension({ seconds: 60 }, { nowMs: now, endMs: 0 })).toEqual({
      untilMs: now + 60_000,
    })
  })

  test('moves an end to a time', () => {
    const until = '2026-11-25T06:00:00+01:00'
    expect(readExtension({ until }, times)).toEqual({ untilMs: Date.UTC(2026, 10, 25, 5) })
  })

  test.each([
    [undefined, 'it needs'],
    ['2h', 'it needs'],
    [[], 'it needs'],
    [{}, 'either'],
    [{ seconds: 1, until: '2026-11-25T06:00:00Z' }, 'either'],
    [{ seconds: 1, days: 1 }, 'either'],
    [{ seconds: 0 }, 'no number above 0'],
    [{ seconds: Number.NaN }, 'no number above 0'],
    [{ seconds: '60' }, 'no number above 0'],
    [{ seconds: Infinity }, '90 days'],
    [{ seconds: maxExtensionSeconds }, '90 days'],
    [{ until: 'tomorrow' }, 'no time'],
    [{ until: '2026-13-45T06:00:00Z' }, 'no time'],
    [{ until: '2027-11-24T06:00:00Z' }, '90 days'],
    [{ until: '2026-11-24T06:00:30Z' }, 'only moves to later'],
  ])('objects to %j', (request, words) => {
    expect(readExtension(request, times)).toEqual({ objection: expect.stringContaining(words) })
  })

  test('is within its bounds, whatever comes', () => {
    const requests = fc.oneof(
      fc.anything(),
      fc.record({ seconds: fc.oneof(fc.double(), fc.anything()) }),
      fc.record({ until: fc.oneof(fc.string(), fc.date({ noInvalidDate: true }).map(String)) }),
    )
    fc.assert(
      fc.property(requests, fc.integer({ min: -1e9, max: 1e9 }), (request, gapMs) => {
        const endMs = now + gapMs
        const extension = readExtension(request, { nowMs: now, endMs })
        if ('objection' in extension) return
        expect(extension.untilMs).toBeGreaterThan(Math.max(now, endMs))
        expect(extension.untilMs).toBeLessThanOrEqual(now + maxExtensionSeconds * 1_000)
      }),
    )
  })
})
