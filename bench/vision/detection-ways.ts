import type { LoadedModels } from '../../workers/vision/load-models.ts'
import { createFaceDetector } from '../../workers/faceextract/face-detector.ts'
import { findCandidates } from '../../workers/faceextract/find-candidates.ts'
import { findFaces } from '../../workers/faceextract/find-faces.ts'
import { inputHeight, inputWidth } from '../../workers/faceextract/plan-tiles.ts'
import type { RgbPixels } from '../../workers/faceextract/resample.ts'
import { resizePixels } from '../../workers/faceextract/resize-pixels.ts'
import { suppressOverlaps } from '../../workers/faceextract/suppress-overlaps.ts'
import type { FoundBox } from './match-boxes.ts'

/** A way to find faces. */
export type DetectionWay = (image: RgbPixels, models: LoadedModels) => Promise<FoundBox[]>

/** Each does one thing more than the one before it; the last is what the service does. */
export const detectionWays: Readonly<Record<string, DetectionWay>> = {
  async 'one pass'(image, models) {
    const squeezed = await resizePixels(image, inputWidth, inputHeight)
    const detector = createFaceDetector(models.session('fr_detect'))
    const [x, y] = [image.width / inputWidth, image.height / inputHeight]
    const kept = suppressOverlaps(await detector.detect(squeezed, 0, 0))
    return kept.map(({ box, score }) => ({
      box: { left: box.left * x, top: box.top * y, width: box.width * x, height: box.height * y },
      confidence: score,
    }))
  },
  async tiles(image, models) {
    const detector = createFaceDetector(models.session('fr_detect'))
    const candidates = await findCandidates(detector, image)
    return candidates.map(({ box, score }) => ({ box, confidence: score }))
  },
  confirmed: (image, models) =>
    findFaces(image, {
      detector: models.session('fr_detect'),
      confirmer: models.session('onet'),
    }),
}
