import { beforeAll, describe, expect, test } from '@jest/globals'
import { isMessage } from '@bufbuild/protobuf'
import sharp from 'sharp'
import { findArtefact } from '../../../cli/install/read-manifest.ts'
import { unpackVector } from '../../../lib/envelope/pack-vector.ts'
import { FaceTemplatesSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/identity-v1m0_pb.ts'
import { templateMaker } from '../../../workers/faceextract/describe-templates.ts'
import { faceextract } from '../../../workers/faceextract/faceextract.ts'
import type { LoadedModels } from '../../../workers/vision/load-models.ts'
import { decodeUpright } from '../../../workers/vision/upright-image.ts'
import { loadFaceModels, runService } from './extract-faces.ts'
import { readSample } from './sample-photos.ts'

let models: LoadedModels
beforeAll(async () => {
  models = await loadFaceModels()
})

/** The templates attached for each of some versions and claims, by the index of the face. */
async function templatesOf(
  content: Uint8Array,
  requests: readonly (readonly [version: string, claimValue: unknown])[] = [['1.1', true]],
) {
  const results = await faceextract.process({
    image: await decodeUpright(content),
    models,
    summarised: true,
    requests: requests.map(([version, value]) => ({
      version,
      settings: faceextract.readSettings(value),
    })),
  })
  return results.map((of) => {
    const attached = of.filter((result) => result.attached)
    expect(attached.length).toBeLessThanOrEqual(1)
    const message = attached[0]?.message
    if (message === undefined) return []
    if (!isMessage(message, FaceTemplatesSchema)) throw new TypeError(message.$typeName)
    expect(message.maker).toBe(templateMaker)
    return message.templates.map(({ index, vector }) => ({ index, vector: unpackVector(vector) }))
  })
}

const cosine = (one: Float32Array, other: Float32Array) =>
  one.reduce((sum, component, at) => sum + component * (other[at] ?? 0), 0)

describe('the templates of a photo’s faces', () => {
  test('are attached only where a summary will be made of it', async () => {
    const photo = await readSample('sample3.jpg')
    const [results = []] = await runService(models, photo, [['1.1', true]])
    expect(results.some(({ attached }) => attached)).toBe(false)
    const [templates = []] = await templatesOf(photo)
    expect(templates.map(({ index }) => index)).toEqual([0, 1, 2])
  })

  test('are those of the faces that each version tells of, and nothing where it tells of none', async () => {
    const all = await templatesOf(await readSample('sample5.jpg'), [
      ['1.0', { maxFaces: 2 }],
      ['2.0', true],
      ['1.1', { minConfidence: 1 }],
    ])
    const [two = [], five = []] = all
    expect(all.map(({ length }) => length).slice(0, 2)).toEqual([2, 5])
    expect(two).toEqual(five.slice(0, 2))
    const paper = await sharp({
      create: { width: 300, height: 300, channels: 3, background: '#fff' },
    })
      .png()
      .toBuffer()
    expect(await templatesOf(paper)).toEqual([[]])
  })

  test('are near to those of the same face in another light, size and direction, far from all others', async () => {
    const photo = await readSample('sample6.jpg')
    const varied = await sharp(photo)
      .resize(1_200)
      .rotate(8, { background: '#444' })
      .modulate({ brightness: 0.7 })
      .jpeg({ quality: 50 })
      .toBuffer()
    const [[before = []], [after = []]] = [await templatesOf(photo), await templatesOf(varied)]
    expect(after).toHaveLength(before.length)
    for (const { vector } of before) {
      const cosines = after.map((other) => cosine(vector, other.vector)).sort((a, b) => b - a)
      expect(cosines[0]).toBeGreaterThan(0.7)
      expect(cosines[1]).toBeLessThan(0.42)
    }
  })

  test('leave out faces of so few pixels that one looks like another', async () => {
    const tiny = await sharp(await readSample('sample6.jpg'))
      .resize(125)
      .png()
      .toBuffer()
    const found = await runService(models, tiny, [['1.1', { minConfidence: 0.5 }]])
    expect(found.flat().length).toBeGreaterThan(0)
    expect(await templatesOf(tiny, [['1.1', { minConfidence: 0.5 }]])).toEqual([[]])
  })

  test('are the same to the byte when the photo comes again', async () => {
    const photo = await readSample('sample1.jpg')
    expect(await templatesOf(photo)).toEqual(await templatesOf(photo))
  })

  test('name the model by its checksum in the manifest', () => {
    const file = findArtefact('face-models').files.find(({ to }) => to === 'fr_feature.onnx')
    expect(templateMaker).toBe(`fr_feature@${file?.sha256.slice(0, 8) ?? ''}/1`)
  })
})
