import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import sharp from 'sharp'
import { cropFace, cropRegionOf, cropSideFor } from '../../../workers/faceextract/crop-face.ts'
import { clipTo } from '../../../workers/faceextract/face-box.ts'
import { maxRecordBytes } from '../../../lib/topology.ts'
import { arbitraryBox } from './arbitrary-boxes.ts'
import { createRandom } from './synthetic-images.ts'

describe('a crop', () => {
  test('holds the face with a quarter more on each side, whole pixels inside the image', () => {
    const image = { width: 1000, height: 1000, pixels: new Uint8Array(0) }
    fc.assert(
      fc.property(arbitraryBox, (anyBox) => {
        const box = clipTo(anyBox, 1000, 1000)
        fc.pre(box !== undefined)
        const crop = cropRegionOf(image, box)
        expect(Object.values(crop).every(Number.isInteger)).toBe(true)
        expect(crop.left).toBe(Math.max(0, Math.floor(box.left - box.width / 4)))
        expect(crop.top).toBe(Math.max(0, Math.floor(box.top - box.height / 4)))
        expect(crop.left + crop.width).toBeGreaterThanOrEqual(Math.min(1000, box.left + box.width))
        expect(crop.left + crop.width).toBeLessThanOrEqual(1000)
        expect(crop.top + crop.height).toBeLessThanOrEqual(1000)
      }),
    )
  })

  test('of a huge face is scaled down to 1024 pixels', async () => {
    const image = paint(1600, 1200)
    const crop = await cropFace(image, { left: 200, top: 100, width: 1000, height: 1000 }, 1024)
    const { width, height } = await sharp(crop).metadata()
    expect(Math.max(width, height)).toBe(1024)
  })

  test.each([1, 5, 40, 400])('of noise among %i leaves room for all in a record', async (faces) => {
    const side = cropSideFor(faces)
    const box = { left: 0, top: 0, width: side, height: side }
    const crop = await cropFace(paint(side, side), box, side)
    expect(crop.length * faces).toBeLessThan(maxRecordBytes * 0.9)
  })
})

function paint(width: number, height: number) {
  const random = createRandom(width)
  const pixels = new Uint8Array(width * height * 3).map(() => random() * 256)
  return { width, height, pixels }
}
