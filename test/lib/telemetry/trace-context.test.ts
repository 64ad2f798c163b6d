import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { continueTrace, createRandomPool, traceIdOf } from '../../../lib/telemetry/trace-context.ts'

const hex = (digits: number) =>
  fc
    .array(
      fc.nat(15).map((digit) => digit.toString(16)),
      { minLength: digits, maxLength: digits },
    )
    .map((parts) => parts.join(''))

describe('continueTrace', () => {
  it('keeps the trace and its flags and gives the step a span of its own', () => {
    fc.assert(
      fc.property(hex(32), hex(16), hex(2), (traceId, spanId, flags) => {
        fc.pre(!/^0+$/.test(traceId) && !/^0+$/.test(spanId))
        const next = continueTrace(`00-${traceId}-${spanId}-${flags}`)
        expect(next).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-${flags}$`))
        expect(next).not.toContain(spanId)
      }),
    )
  })

  it('starts a new trace where the parent is not a valid one', () => {
    fc.assert(
      fc.property(fc.option(fc.string(), { nil: undefined }), (parent) => {
        expect(traceIdOf(continueTrace(parent))).toMatch(/^[0-9a-f]{32}$/)
      }),
    )
    expect(traceIdOf(continueTrace(`00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`))).not.toBe(
      '0'.repeat(32),
    )
  })
})

describe('a pool of random bytes', () => {
  it('gives as many as are asked for, and never the same again', () => {
    const random = createRandomPool()
    const drawn = Array.from({ length: 5_000 }, (_, index) =>
      random(index % 2 === 0 ? 8 : 16).toString('hex'),
    )
    expect(drawn.map(({ length }) => length)).toEqual(
      drawn.map((_, index) => (index % 2 === 0 ? 16 : 32)),
    )
    expect(new Set(drawn).size).toBe(drawn.length)
  })
})
