import { overlapOf, type Detection } from './face-box.ts'
import type { FaceDetector } from './face-detector.ts'
import { inputHeight, inputWidth, planTiles, type Tile } from './plan-tiles.ts'
import type { RgbPixels } from './resample.ts'
import { resizePixels, shrinkPixels } from './resize-pixels.ts'
import { maxOverlap, suppressOverlaps } from './suppress-overlaps.ts'

/** A possible face, in pixels of the image, and what each kind of pass says of it: 0 where it has not seen it. */
export interface Candidate extends Detection {
  readonly wholeScore: number
  readonly tileScore: number
}

/**
 * The longer side of the canvas that the tiles cover: four tiles that share a fifth, no pixel wasted. The detector sees faces
 * from about 16 pixels: on a photo of 1920 pixels these are faces of 28. Twice as much costs four times the time.
 */
const canvasSide = 1088

/** A face that takes more of a tile than this is the full pass's to find; a tile sees but a part of larger ones. */
const maxTileShare = 0.4

/** Boxes nearer than this to an edge where the tile was cut, in pixels of the canvas, are halves of faces. */
const edgeMargin = 2

/**
 * Looks at the whole image once, squeezed to the detector's input, then at overlapping tiles of a finer canvas for the small
 * faces. Returns candidates without overlaps, surest first.
 */
export async function findCandidates(
  detector: FaceDetector,
  image: RgbPixels,
): Promise<Candidate[]> {
  const canvas = await shrinkPixels(image, canvasSide)
  const squeezed = await resizePixels(canvas, inputWidth, inputHeight)
  const whole = scaled(await detector.detect(squeezed, 0, 0), squeezed, image)
  const tiled: Detection[] = []
  for (const tile of planTiles(canvas.width, canvas.height)) {
    const hits = await detector.detect(canvas, tile.left, tile.top)
    // Before any suppression: a half of a face would remove the good box of another tile or of the full pass.
    tiled.push(...hits.filter((hit) => isWholeFace(hit, tile)))
  }
  return mergePasses(whole, scaled(tiled, canvas, image))
}

/**
 * Joins what the passes found: one candidate per face, with the best score of either kind. A hit counts for the surest
 * candidate that it overlaps and for no other, or it would lend its score to a fragment beside the face.
 */
export function mergePasses(whole: readonly Detection[], tiled: readonly Detection[]): Candidate[] {
  const kept = suppressOverlaps([...whole, ...tiled])
  const wholeScores = bestScores(kept, whole)
  const tileScores = bestScores(kept, tiled)
  return kept.map((detection) => ({
    ...detection,
    wholeScore: wholeScores.get(detection) ?? 0,
    tileScore: tileScores.get(detection) ?? 0,
  }))
}

function bestScores(kept: readonly Detection[], hits: readonly Detection[]) {
  const scores = new Map<Detection, number>()
  for (const { box, score } of hits) {
    const owner = kept.find((candidate) => overlapOf(candidate.box, box) > maxOverlap)
    if (owner !== undefined) scores.set(owner, Math.max(score, scores.get(owner) ?? 0))
  }
  return scores
}

function isWholeFace({ box }: Detection, { left, top, inner }: Tile): boolean {
  if (Math.max(box.width, box.height) > maxTileShare * inputHeight) return false
  if (inner.left && box.left < left + edgeMargin) return false
  if (inner.top && box.top < top + edgeMargin) return false
  if (inner.right && box.left + box.width > left + inputWidth - edgeMargin) return false
  return !(inner.bottom && box.top + box.height > top + inputHeight - edgeMargin)
}

/** Detections on `from`, in pixels of `to`. */
function scaled(detections: readonly Detection[], from: RgbPixels, to: RgbPixels): Detection[] {
  const x = to.width / from.width
  const y = to.height / from.height
  return detections.map(({ score, box }) => ({
    score,
    box: { left: box.left * x, top: box.top * y, width: box.width * x, height: box.height * y },
  }))
}
