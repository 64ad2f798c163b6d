import type * as ort from 'onnxruntime-node'
import { confirmFaces } from './confirm-faces.ts'
import { clipTo, roundPixels, type FaceBox } from './face-box.ts'
import { createFaceDetector } from './face-detector.ts'
import { findCandidates, type Candidate } from './find-candidates.ts'
import { rateConfidence } from './rate-confidence.ts'
import type { RgbPixels } from './resample.ts'
import { dropFragments } from './suppress-overlaps.ts'

/** A face: its box in pixels of the image, inside it, and how sure it is that it is one. */
export interface FoundFace {
  readonly box: FaceBox
  readonly confidence: number
}

/** Below this confidence a candidate is more likely none: no claim can ask for it. */
const minReported = 0.5

/** A face of fewer pixels says nothing about anybody, and noise looks like one. */
const minFaceHeight = 16

/**
 * Finds the faces of an image, surest first; the order is total, so that any threshold and any limit take a prefix.
 * Numbers are rounded to what they are worth: hundredths of a pixel, ten-thousandths of confidence.
 */
export async function findFaces(
  image: RgbPixels,
  sessions: { readonly detector: ort.InferenceSession; readonly confirmer: ort.InferenceSession },
): Promise<FoundFace[]> {
  const candidates = await findCandidates(createFaceDetector(sessions.detector), image)
  const seen = candidates.flatMap((candidate) => insideOf(image, candidate))
  const confirmations = await confirmFaces(
    sessions.confirmer,
    image,
    seen.map(({ box }) => box),
  )
  const rated = seen.map((candidate, index) => ({
    box: candidate.box,
    score: roundConfidence(
      rateConfidence({ ...candidate, confirmation: confirmations[index] ?? 0 }),
    ),
  }))
  return dropFragments(rated.filter(({ score }) => score >= minReported)).map(({ box, score }) => ({
    box,
    confidence: score,
  }))
}

function insideOf(image: RgbPixels, candidate: Candidate): Candidate[] {
  const box = clipTo(candidate.box, image.width, image.height)
  if (box === undefined || box.height < minFaceHeight) return []
  return [
    {
      ...candidate,
      box: {
        left: roundPixels(box.left),
        top: roundPixels(box.top),
        width: roundPixels(box.width),
        height: roundPixels(box.height),
      },
    },
  ]
}

function roundConfidence(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
