import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPacer } from '../../../activities/delivery/create-pacer.ts'

const rates = fc.double({ min: 0.1, max: 1_000, noNaN: true })
const parcels = fc.integer({ min: 1, max: 20 })

describe('a pacer', () => {
  test('never lets more pass than one burst, the rate and one parcel allow', () => {
    const asks = fc.record({ gapMs: fc.integer({ min: 0, max: 2_000 }), messages: parcels })
    fc.assert(
      fc.property(rates, fc.array(asks, { maxLength: 200 }), (rate, asked) => {
        const pacer = createPacer(rate)
        let nowMs = 0
        let passed = 0
        let largest = 1
        for (const { gapMs, messages } of asked) {
          nowMs += gapMs
          largest = Math.max(largest, messages)
          if (pacer.take(nowMs, messages) === 0) passed += messages
        }
        const burst = Math.max(1, rate, largest)
        expect(passed).toBeLessThanOrEqual(burst + (rate * nowMs) / 1_000 + 1e-6)
      }),
    )
  })

  test('lets the next parcel pass after the time that it names', () => {
    fc.assert(
      fc.property(rates, parcels, (rate, messages) => {
        const pacer = createPacer(rate)
        let waitMs = 0
        while (waitMs === 0) waitMs = pacer.take(0, messages)
        expect(pacer.take(waitMs, messages)).toBe(0)
      }),
    )
  })

  test('lets everything pass without a rate', () => {
    const pacer = createPacer(undefined)
    expect(Array.from({ length: 1_000 }, () => pacer.take(0, 9))).toEqual(Array(1_000).fill(0))
  })
})
