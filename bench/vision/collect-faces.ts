import { alignFace } from '../../workers/faceextract/align-face.ts'
import { evenLight } from '../../workers/faceextract/even-light.ts'
import type { FaceBox, Point } from '../../workers/faceextract/face-box.ts'
import { faceextract } from '../../workers/faceextract/faceextract.ts'
import { findFaces } from '../../workers/faceextract/find-faces.ts'
import { locateLandmarks } from '../../workers/faceextract/locate-landmarks.ts'
import { embedFace } from '../../workers/faceextract/make-template.ts'
import { loadModels } from '../../workers/vision/load-models.ts'
import { decodeUpright } from '../../workers/vision/upright-image.ts'
import { modelsDirectory } from '../../test/support/model-files.ts'
import type { LabelledPhoto } from './labelled-photos.ts'
import { centreOf, variations, varyPhoto } from './vary-photo.ts'

/** A face that was found in a varied photo, with what the recogniser says of it. */
export interface FoundFace {
  readonly person: string
  readonly photo: LabelledPhoto
  readonly variation: string
  /** Of the aligned face, of that in even light, and of the mirror image of this. */
  readonly raw: Float32Array
  readonly plain: Float32Array
  readonly mirrored: Float32Array
}

/** What was looked at, and what a template cost. */
export interface CollectedFaces {
  readonly found: readonly FoundFace[]
  /** Faces that are in the varied photos. */
  readonly shown: number
  /** Medians, in ms. */
  readonly alignMs: number
  readonly embedMs: number
}

/** As the claims ask for by default. */
const minConfidence = 0.7

/** Looks for the faces of every photo in every variation. */
export async function collectFaces(
  photos: readonly LabelledPhoto[],
  report: (line: string) => void,
): Promise<CollectedFaces> {
  const models = await loadModels({
    directory: modelsDirectory(),
    models: faceextract.models,
    executionProviders: ['cpu'],
  })
  const sessions = { detector: models.session('fr_detect'), confirmer: models.session('onet') }
  const found: FoundFace[] = []
  const times = { align: [] as number[], embed: [] as number[] }
  for (const photo of photos) {
    for (const variation of variations) {
      const varied = await varyPhoto(photo, variation)
      const image = await decodeUpright(varied.content)
      for (const face of await findFaces(image, sessions)) {
        const person = personAt(face.box, photo, (point) => varied.place(point))
        if (face.confidence < minConfidence || person === undefined) continue
        const landmarks = await locateLandmarks(models.session('fr_landmark'), image, face.box)
        const before = performance.now()
        const aligned = alignFace(image, landmarks)
        if (aligned === undefined) continue
        const between = performance.now()
        const recogniser = models.session('fr_feature')
        const raw = await embedFace(recogniser, aligned.rgb, false)
        times.align.push(between - before)
        times.embed.push(performance.now() - between)
        const lit = evenLight(aligned.rgb)
        const plain = await embedFace(recogniser, lit, false)
        const mirrored = await embedFace(recogniser, lit, true)
        found.push({ person, photo, variation: variation.name, raw, plain, mirrored })
      }
    }
    report(`${photo.file}: ${found.length} faces so far`)
  }
  return {
    found,
    shown: photos.reduce((sum, { faces }) => sum + faces.length, 0) * variations.length,
    alignMs: medianOf(times.align),
    embedMs: medianOf(times.embed),
  }
}

/** Whose face it is: that of the labelled face whose centre is in the box, and nearest to the box's. */
function personAt(
  box: FaceBox,
  { faces }: LabelledPhoto,
  place: (point: Point) => Point,
): string | undefined {
  const centre = centreOf(box)
  const near = faces
    .map((face) => ({ face, at: place(centreOf(face.box)) }))
    .filter(
      ({ at }) =>
        Math.abs(at.x - centre.x) < box.width / 2 && Math.abs(at.y - centre.y) < box.height / 2,
    )
    .map(({ face, at }) => ({ face, distance: Math.hypot(at.x - centre.x, at.y - centre.y) }))
    .sort((one, other) => one.distance - other.distance)
  return near[0]?.face.person
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
