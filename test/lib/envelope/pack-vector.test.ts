import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { packVector, unpackVector } from '../../../lib/envelope/pack-vector.ts'

const size = 512
const vectors = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size })
  .map((components) => Float32Array.from(components))

const dot = (one: Float32Array, other: Float32Array) =>
  one.reduce((sum, component, at) => sum + component * (other[at] ?? 0), 0)
const cosine = (one: Float32Array, other: Float32Array) =>
  dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other) || 1)

describe('a packed vector', () => {
  test('takes a byte for each component and keeps cosines to a hundredth', () => {
    fc.assert(
      fc.property(vectors, vectors, (one, other) => {
        const packed = packVector(one)
        expect(packed).toHaveLength(size)
        expect(
          Math.abs(
            cosine(unpackVector(packed), unpackVector(packVector(other))) - cosine(one, other),
          ),
        ).toBeLessThan(0.01)
      }),
      { numRuns: 50 },
    )
  })

  test('has length 1 when it is unpacked, or 0 where it says nothing', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const unpacked = unpackVector(packVector(vector))
        const isNothing = vector.every((component) => component === 0)
        expect(dot(unpacked, unpacked)).toBeCloseTo(isNothing ? 0 : 1, 5)
      }),
      { numRuns: 50 },
    )
    expect(unpackVector(packVector(new Float32Array(size)))).toEqual(new Float32Array(size))
  })

  test('is the same for every positive multiple', () => {
    fc.assert(
      fc.property(vectors, fc.constantFrom(0.25, 2, 16), (vector, factor) => {
        expect(packVector(vector.map((component) => component * factor))).toEqual(
          packVector(vector),
        )
      }),
      { numRuns: 20 },
    )
  })
})
