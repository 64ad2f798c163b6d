import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { inputHeight, inputWidth, planTiles } from '../../../workers/faceextract/plan-tiles.ts'

const sides = fc.integer({ min: 1, max: 1088 })

describe('the tiles of a canvas', () => {
  test('hold wholly, in one of them at least, each face of up to a fifth of a tile', () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(sides, sides, place, place, (width, height, across, down) => {
        fc.pre(width > inputWidth || height > inputHeight)
        const face = { width: Math.min(width, 63), height: Math.min(height, 47) }
        const left = across * (width - face.width)
        const top = down * (height - face.height)
        const holding = planTiles(width, height).filter(
          (tile) =>
            left >= tile.left &&
            top >= tile.top &&
            left + face.width <= tile.left + inputWidth &&
            top + face.height <= tile.top + inputHeight,
        )
        expect(holding.length).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  test('know which of their edges lie inside the canvas', () => {
    fc.assert(
      fc.property(sides, sides, (width, height) => {
        for (const { left, top, inner } of planTiles(width, height)) {
          expect(inner.left).toBe(left > 0)
          expect(inner.top).toBe(top > 0)
          expect(inner.right).toBe(left + inputWidth < width)
          expect(inner.bottom).toBe(top + inputHeight < height)
        }
      }),
    )
  })

  test('are none where the full pass sees as much', () => {
    expect(planTiles(320, 240)).toEqual([])
    expect(planTiles(100, 100)).toEqual([])
  })

  test('are twelve for a photo of 1920 × 1080', () => {
    expect(planTiles(1088, 612)).toHaveLength(12)
  })
})
