import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  fitSimilarity,
  inverseOf,
  scaleOf,
  transformed,
  type Similarity,
} from '../../../workers/faceextract/fit-similarity.ts'

const coordinate = fc.double({ min: -500, max: 500, noNaN: true })
const point = fc.record({ x: coordinate, y: coordinate })
const similarity = fc
  .record({
    angle: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
    scale: fc.double({ min: 0.05, max: 20, noNaN: true }),
    x: coordinate,
    y: coordinate,
  })
  .map(({ angle, scale, x, y }): Similarity => ({
    a: scale * Math.cos(angle),
    b: scale * Math.sin(angle),
    ...{ x, y },
  }))
/** Five points that are not all in one place. */
const points = fc
  .array(point, { minLength: 5, maxLength: 5 })
  .filter((all) =>
    all.some(({ x, y }) => Math.hypot(x - (all[0]?.x ?? 0), y - (all[0]?.y ?? 0)) > 1),
  )

describe('fitting a similarity', () => {
  test('finds the one that moved the points', () => {
    fc.assert(
      fc.property(points, similarity, (from, moved) => {
        const fit = fitSimilarity(
          from,
          from.map((at) => transformed(moved, at)),
        )
        expect(fit?.a).toBeCloseTo(moved.a, 5)
        expect(fit?.b).toBeCloseTo(moved.b, 5)
        expect(fit?.x).toBeCloseTo(moved.x, 2)
        expect(fit?.y).toBeCloseTo(moved.y, 2)
      }),
    )
  })

  test('leaves no smaller distance to be found beside it', () => {
    fc.assert(
      fc.property(points, points, fc.constantFrom('a', 'b', 'x', 'y'), (from, to, member) => {
        const fit = fitSimilarity(from, to)
        if (fit === undefined) throw new Error('the points are apart')
        const error = (of: Similarity) =>
          from.reduce((sum, at, index) => {
            const { x, y } = transformed(of, at)
            return sum + (x - (to[index]?.x ?? 0)) ** 2 + (y - (to[index]?.y ?? 0)) ** 2
          }, 0)
        for (const step of [-0.01, 0.01]) {
          expect(error({ ...fit, [member]: fit[member] + step })).toBeGreaterThan(error(fit) - 1e-6)
        }
      }),
    )
  })

  test('says nothing of points in one place', () => {
    const same = Array.from({ length: 5 }, () => ({ x: 3, y: 4 }))
    expect(fitSimilarity(same, same)).toBeUndefined()
  })

  test('is undone by the way back', () => {
    fc.assert(
      fc.property(similarity, point, (there, at) => {
        const again = transformed(inverseOf(there), transformed(there, at))
        expect(again.x).toBeCloseTo(at.x, 4)
        expect(again.y).toBeCloseTo(at.y, 4)
        expect(scaleOf(inverseOf(there)) * scaleOf(there)).toBeCloseTo(1, 8)
      }),
    )
  })
})
