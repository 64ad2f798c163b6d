import { beforeAll, describe, expect, test } from '@jest/globals'
import { isMessage, toBinary } from '@bufbuild/protobuf'
import sharp from 'sharp'
import { ExtractedFaceSchema as ExtractedFace1m0 } from '../../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m0_pb.ts'
import { ExtractedFacesSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/faceextract-v2m0_pb.ts'
import type { FaceBox } from '../../../workers/faceextract/face-box.ts'
import { faceextract } from '../../../workers/faceextract/faceextract.ts'
import type { VisionResult } from '../../../workers/vision/define-vision-service.ts'
import type { LoadedModels } from '../../../workers/vision/load-models.ts'
import { bestOverlap, boxOf, extractFaces, loadFaceModels, runService } from './extract-faces.ts'
import { readSample, samplePhotos } from './sample-photos.ts'
import { paintNoise } from './synthetic-images.ts'

let models: LoadedModels
beforeAll(async () => {
  models = await loadFaceModels()
})

describe('the faces of a photo', () => {
  test.each(samplePhotos)('are found, all and nothing else: $file', async ({ file, faces }) => {
    const found = await extractFaces(models, await readSample(file))
    expect(found).toHaveLength(faces.length)
    for (const face of faces) expect(bestOverlap(face, found)).toBeGreaterThan(0.5)
  })

  test.each(samplePhotos)('are mostly sure beyond 0.9: $file', async ({ file, faces }) => {
    const sure = await extractFaces(models, await readSample(file), { minConfidence: 0.9 })
    expect(sure.length).toBeGreaterThanOrEqual(faces.length - 1)
  })

  test('come surest first, numbered from 0, with the size of the upright image', async () => {
    const found = await extractFaces(models, await readSample('sample5.jpg'))
    const confidences = found.map(({ confidence }) => confidence)
    expect(confidences).toEqual(confidences.toSorted((one, other) => other - one))
    expect(found.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
    for (const face of found) {
      expect([face.imageWidth, face.imageHeight]).toEqual([1920, 1398])
    }
  })

  test('have five landmarks in their places', async () => {
    for (const face of await extractFaces(models, await readSample('sample3.jpg'))) {
      const [leftEye, rightEye, nose, leftMouth, rightMouth] = face.landmarks
      expect(face.landmarks).toHaveLength(5)
      expect(leftEye?.x).toBeLessThan(rightEye?.x ?? 0)
      expect(leftMouth?.x).toBeLessThan(rightMouth?.x ?? 0)
      expect(nose?.y).toBeGreaterThan(Math.max(leftEye?.y ?? 0, rightEye?.y ?? 0))
      expect(nose?.y).toBeLessThan(Math.min(leftMouth?.y ?? 0, rightMouth?.y ?? 0))
      for (const point of face.landmarks) expect(isInside(point, boxOf(face))).toBe(true)
    }
  })

  test('are cropped with a margin from the full resolution', async () => {
    for (const face of await extractFaces(models, await readSample('sample4.jpg'))) {
      const crop = await sharp(face.content).metadata()
      const { width, height } = boxOf(face)
      expect(face.mimeType).toBe('image/jpeg')
      expect(crop.format).toBe('jpeg')
      expect(crop.width).toBeGreaterThan(width * 1.3)
      expect(crop.width).toBeLessThan(width * 1.5 + 2)
      expect(crop.height).toBeGreaterThan(height * 1.2)
    }
  })

  test('are found again in their crops', async () => {
    for (const face of await extractFaces(models, await readSample('sample6.jpg'))) {
      expect(await extractFaces(models, face.content)).toHaveLength(1)
    }
  })
})

describe('an image', () => {
  test.each([2, 3, 4, 5, 6, 7, 8])(
    'that its EXIF orientation %i turns upright has the same faces',
    async (orientation) => {
      const upright = await sharp(await readSample('sample3.jpg'))
        .png()
        .toBuffer()
      const turned = await turnedBy(upright, orientation)
      const expected = await extractFaces(models, upright)
      const found = await extractFaces(models, turned)
      expect(found.map(boxOf)).toEqual(expected.map(boxOf))
      expect(found.map(({ imageWidth }) => imageWidth)).toEqual([1920, 1920, 1920])
    },
  )

  test('in shades of grey has its faces', async () => {
    const grey = await sharp(await readSample('sample6.jpg'))
      .greyscale()
      .png()
      .toBuffer()
    expect(await extractFaces(models, grey)).toHaveLength(4)
  })

  test('of 12 megapixels has its faces, with crops of its full resolution', async () => {
    const large = await sharp(await readSample('sample4.jpg'))
      .resize(4000)
      .jpeg()
      .toBuffer()
    const found = await extractFaces(models, large)
    expect(found).toHaveLength(4)
    for (const face of found) {
      const { width, height } = await sharp(face.content).metadata()
      expect(Math.max(width, height)).toBeGreaterThan(boxOf(face).height)
    }
  })

  test.each([
    [1, 1],
    [1, 3000],
    [3000, 1],
    [17, 200],
  ])('of %i × %i pixels is no trouble', async (width, height) => {
    const tiny = await sharp({ create: { width, height, channels: 3, background: '#a98' } })
      .png()
      .toBuffer()
    expect(await extractFaces(models, tiny)).toEqual([])
  })

  test('without a face yields no message in any version', async () => {
    const versions = ['1.0', '1.1', '2.0'].map((version) => [version, true] as const)
    expect(await runService(models, await paintNoise(1), versions)).toEqual([[], [], []])
  })
})

describe('the claim', () => {
  test('limits the confidence and the number of faces, and changes nothing else', async () => {
    const photo = await readSample('sample5.jpg')
    const [, , third, fourth] = await extractFaces(models, photo)
    expect(fourth?.confidence).toBeLessThan(third?.confidence ?? 0)
    const [all = [], sure = [], two = []] = await runService(models, photo, [
      ['1.1', true],
      ['1.1', { minConfidence: third?.confidence }],
      ['1.1', { maxFaces: 2 }],
    ])
    expect(sure).toEqual(all.slice(0, 3))
    expect(two).toEqual(all.slice(0, 2))
  })
})

describe('the versions', () => {
  test('say the same of the same faces', async () => {
    const photo = await readSample('sample1.jpg')
    const [crops = [], faces = [], images = []] = await runService(models, photo, [
      ['1.0', true],
      ['1.1', true],
      ['2.0', true],
    ])
    const [{ message } = { message: undefined }] = images
    if (!isMessage(message, ExtractedFacesSchema)) throw new TypeError('not version 2.0')
    expect(images).toHaveLength(1)
    expect([message.imageWidth, message.imageHeight]).toEqual([1920, 1280])
    expect(message.faces.map(withoutType)).toEqual(faces.map((face) => withoutType(face.message)))
    expect(
      crops.map((crop) => isMessage(crop.message, ExtractedFace1m0) && crop.message.content),
    ).toEqual(message.faces.map(({ content }) => content))
  })

  test('of one image are byte-identical when it comes again, alone or with others', async () => {
    const photo = await readSample('sample2.jpg')
    const together = await runService(models, photo, [
      ['1.0', true],
      ['1.1', { minConfidence: 0.9 }],
      ['2.0', true],
    ])
    const [alone = []] = await runService(models, photo, [['1.1', { minConfidence: 0.9 }]])
    const again = await runService(models, photo, [
      ['1.0', true],
      ['1.1', { minConfidence: 0.9 }],
      ['2.0', true],
    ])
    expect(again.map(bytesOf)).toEqual(together.map(bytesOf))
    expect(bytesOf(alone)).toEqual(bytesOf(together[1] ?? []))
  })

  test('that nobody serves are refused', async () => {
    const photo = await readSample('sample2.jpg')
    await expect(runService(models, photo, [['3.0', true]])).rejects.toMatchObject({
      code: 'version-unknown',
    })
    expect(faceextract.versions.map(({ version }) => version)).toEqual(['1.0', '1.1', '2.0'])
  })
})

function isInside(point: { x: number; y: number }, { left, top, width, height }: FaceBox) {
  return point.x > left && point.x < left + width && point.y > top && point.y < top + height
}

function bytesOf(results: readonly VisionResult[]): Buffer[] {
  return results.map(({ schema, message }) => Buffer.from(toBinary(schema, message)))
}

/** The members of a message and of the messages in it, so that those of two packages compare. */
function withoutType(message: object): unknown {
  return JSON.parse(
    JSON.stringify(message, (name, value: unknown) => (name === '$typeName' ? undefined : value)),
  )
}

/** The pixels turned away so that the orientation tag turns them back. */
async function turnedBy(upright: Buffer, orientation: number): Promise<Buffer> {
  const image = sharp(upright)
  const mirrored = [2, 4, 5, 7].includes(orientation) ? sharp(await image.flop().toBuffer()) : image
  const degrees = { 3: 180, 4: 180, 5: 270, 6: 270, 7: 90, 8: 90 }[orientation] ?? 0
  return mirrored.rotate(degrees).withMetadata({ orientation }).png().toBuffer()
}
