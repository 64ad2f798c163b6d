import { beforeAll, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import type { LoadedModels } from '../../../workers/vision/load-models.ts'
import { renderDocument } from '../../support/render-document.ts'
import { bestOverlap, extractFaces, loadFaceModels } from './extract-faces.ts'
import { readSample, samplePhotos } from './sample-photos.ts'
import { paintLandscape, paintNoise } from './synthetic-images.ts'

let models: LoadedModels
let landscape: Buffer
beforeAll(async () => {
  models = await loadFaceModels()
  landscape = await paintLandscape(9)
})

describe('an image', () => {
  test.each([1, 2, 3])('of a landscape holds no phantom: %i', async (seed) => {
    expect(
      await extractFaces(models, await paintLandscape(seed, 1280, 720), { minConfidence: 0 }),
    ).toEqual([])
  })

  test.each([5, 6, 7])('of noise holds no phantom: %i', async (seed) => {
    expect(await extractFaces(models, await paintNoise(seed), { minConfidence: 0 })).toEqual([])
  })

  test.each([14, 20, 32, 60])('of a page of text holds no phantom: size %i', async (size) => {
    const items = Array.from({ length: Math.floor(1500 / (size * 1.5)) }, (_, row) => ({
      text: 'Received in good order: 8 boxes (@ 60 kg), ref. 0O8-B&%66, signed Q. Ågård. '.repeat(
        2,
      ),
      x: 40,
      y: 100 + row * size * 1.5,
      size,
      bold: row % 3 === 0,
    }))
    const page = await renderDocument({ width: 1240, height: 1754, items })
    expect(await extractFaces(models, page)).toEqual([])
  })
})

describe('a small face', () => {
  test.each([48, 64, 96])('of %i pixels is found on a photo of 1920 × 1080', async (height) => {
    const { photo, faces } = await pasteSmallFaces(height)
    const found = await extractFaces(models, photo)
    for (const face of faces) expect(bestOverlap(face, found)).toBeGreaterThan(0.5)
    expect(found).toHaveLength(faces.length)
  })
})

/** Pastes three faces of the samples, this high, on a landscape of 1920 × 1080. */
async function pasteSmallFaces(height: number) {
  const spots = [
    { from: 'sample6.jpg', at: 0, left: 130, top: 700 },
    { from: 'sample3.jpg', at: 1, left: 940, top: 500 },
    { from: 'sample5.jpg', at: 3, left: 1655, top: 210 },
  ]
  const pieces = []
  for (const { from, at, left, top } of spots) {
    const face = samplePhotos.find(({ file }) => file === from)?.faces[at]
    if (face === undefined) throw new TypeError('no such face')
    const scale = height / face.height
    const [marginX, marginY] = [Math.round(face.width * 0.4), Math.round(face.height * 0.3)]
    const cut = sharp(await readSample(from)).extract({
      left: face.left - marginX,
      top: face.top - marginY,
      width: face.width + 2 * marginX,
      height: face.height + 2 * marginY,
    })
    const input = await cut
      .resize(Math.round((face.width + 2 * marginX) * scale))
      .png()
      .toBuffer()
    const box = { left: left + marginX * scale, top: top + marginY * scale }
    pieces.push({ input, left, top, box: { ...box, width: face.width * scale, height } })
  }
  const photo = await sharp(landscape).composite(pieces).jpeg().toBuffer()
  return { photo, faces: pieces.map(({ box }) => box) }
}
