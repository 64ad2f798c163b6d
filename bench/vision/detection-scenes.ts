import sharp from 'sharp'
import { renderDocument } from '../../test/support/render-document.ts'
import { paintLandscape, paintNoise } from '../../test/workers/faceextract/synthetic-images.ts'
import { sampleDocuments } from '../../test/workers/ocr/sample-documents.ts'
import type { FaceBox } from '../../workers/faceextract/face-box.ts'
import type { LabelledPhoto } from './labelled-photos.ts'

/** A picture of which it is known where its faces are. */
export interface DetectionScene {
  /** What its faces are, or what it shows where there are none. */
  readonly kind: string
  readonly content: Buffer
  readonly faces: readonly FaceBox[]
}

const scene = { width: 1920, height: 1080 }
/** Heights of pasted faces from brow to chin, in pixels. */
const faceHeights = [128, 96, 60, 48, 36, 28]
const scenesOfHeight = 4
const facesAcross = 4
const facesDown = 2
/** What is cut out around a face, as parts of its size: hair and neck belong to it. */
const surroundings = 0.4

const emptyLandscapes = 8
const emptyNoises = 4

/** The scenes, one after the other: photos, pasted faces by their height, and pictures without faces. */
export async function* detectionScenes(
  photos: readonly LabelledPhoto[],
): AsyncGenerator<DetectionScene> {
  for (const { content, faces } of photos) {
    yield { kind: 'photo', content, faces: faces.map(({ box }) => box) }
  }
  const cutOuts = (await Promise.all(photos.map(wholeFaces))).flat()
  for (const height of faceHeights) {
    for (let seed = 0; seed < scenesOfHeight; seed += 1) {
      yield await pasteFaces(cutOuts, height, seed)
    }
  }
  for (const { content, faces } of photos) {
    for (const part of await facelessParts(content, faces)) yield nothingIn('part of a photo', part)
  }
  for (const { document } of sampleDocuments) {
    yield nothingIn('document', await renderDocument(document))
  }
  for (let seed = 100; seed < 100 + emptyLandscapes; seed += 1) {
    yield nothingIn('landscape', await paintLandscape(seed))
  }
  for (let seed = 0; seed < emptyNoises; seed += 1) yield nothingIn('noise', await paintNoise(seed))
}

interface CutOut {
  readonly content: Buffer
  readonly box: FaceBox
}

/** The faces of a photo without those at its edge: half of a face is no small face. */
async function wholeFaces({ content, faces }: LabelledPhoto): Promise<CutOut[]> {
  const { width } = await sharp(content).metadata()
  return faces
    .filter(({ box }) => box.left > 0 && box.left + box.width < width)
    .map(({ box }) => ({ content, box }))
}

/** A landscape with a grid of faces of one height; each seed begins with other faces. */
async function pasteFaces(
  cutOuts: readonly CutOut[],
  height: number,
  seed: number,
): Promise<DetectionScene> {
  const count = facesAcross * facesDown
  const pasted = await Promise.all(
    Array.from({ length: count }, async (_, place) => {
      const cutOut = cutOuts[(seed * count + place) % cutOuts.length]
      if (cutOut === undefined) throw new Error('there is no face to paste')
      const column = (place % facesAcross) + 0.5
      const row = Math.floor(place / facesAcross) + 0.5
      return placeFace(cutOut, height, {
        // Off the grid, or every face would lie in the middle of a tile or in none.
        x: Math.round((column * scene.width) / facesAcross + ((seed * 97) % 160) - 80),
        y: Math.round((row * scene.height) / facesDown + ((seed * 61) % 120) - 60),
      })
    }),
  )
  const content = await sharp(await paintLandscape(seed, scene.width, scene.height))
    .composite(pasted.map(({ input, left, top }) => ({ input, left, top })))
    .jpeg({ quality: 92 })
    .toBuffer()
  return { kind: `${height} px`, content, faces: pasted.map(({ face }) => face) }
}

async function placeFace({ content, box }: CutOut, height: number, at: { x: number; y: number }) {
  const { width: across, height: down } = await sharp(content).metadata()
  const left = Math.max(0, Math.round(box.left - surroundings * box.width))
  const top = Math.max(0, Math.round(box.top - surroundings * box.height))
  const region = {
    ...{ left, top },
    width: Math.min(across - left, Math.round(box.width * (1 + 2 * surroundings))),
    height: Math.min(down - top, Math.round(box.height * (1 + 2 * surroundings))),
  }
  const scale = height / box.height
  const input = await sharp(content)
    .extract(region)
    .resize(Math.round(region.width * scale), Math.round(region.height * scale), { fit: 'fill' })
    .png()
    .toBuffer()
  const corner = {
    left: Math.round(at.x - (region.width * scale) / 2),
    top: Math.round(at.y - (region.height * scale) / 2),
  }
  const face = {
    left: corner.left + (box.left - left) * scale,
    top: corner.top + (box.top - top) * scale,
    width: box.width * scale,
    height,
  }
  return { input, ...corner, face }
}

/** From a face to what is cut off beside it, in parts of its width: its hair, and what a detector takes for its box. */
const distance = 0.5
const minPartWidth = 160

/** The strips of a photo on either side of all its faces. */
async function facelessParts(
  content: Buffer,
  faces: LabelledPhoto['faces'],
): Promise<readonly Buffer[]> {
  const { width, height } = await sharp(content).metadata()
  const from = Math.min(...faces.map(({ box }) => box.left - distance * box.width))
  const to = Math.max(...faces.map(({ box }) => box.left + (1 + distance) * box.width))
  const strips = [
    { left: 0, width: Math.floor(from) },
    { left: Math.ceil(to), width: Math.floor(width - to) },
  ]
  const wide = strips.filter((strip) => strip.width >= minPartWidth)
  return Promise.all(
    wide.map((strip) =>
      sharp(content)
        .extract({ ...strip, top: 0, height })
        .jpeg()
        .toBuffer(),
    ),
  )
}

function nothingIn(kind: string, content: Buffer): DetectionScene {
  return { kind, content, faces: [] }
}
