import { compareDetections, sharedArea, overlapOf, type Detection } from './face-box.ts'

/** Two boxes that share more than this are one face: the value that UltraFace was trained and measured with. */
export const maxOverlap = 0.3

/** A box of which more than this lies in another is a part of that face, say an eye and the mouth. */
const maxInside = 0.6

/**
 * Non-maximum suppression: the surest detections of which no two overlap by more than `maxOverlap`, in the order of
 * `compareDetections`, whatever the order of the input. Every detection left out overlaps a surer one that is kept.
 */
export function suppressOverlaps<D extends Detection>(detections: readonly D[]): D[] {
  return keepSurest(detections, (one, other) => overlapOf(one, other) > maxOverlap)
}

/** Like `suppressOverlaps`, for detections of which one lies mostly inside the other. */
export function dropFragments<D extends Detection>(detections: readonly D[]): D[] {
  return keepSurest(detections, (one, other) => {
    const smaller = Math.min(one.width * one.height, other.width * other.height)
    return sharedArea(one, other) > maxInside * smaller
  })
}

function keepSurest<D extends Detection>(
  detections: readonly D[],
  collide: (one: D['box'], other: D['box']) => boolean,
): D[] {
  const kept: D[] = []
  for (const detection of detections.toSorted(compareDetections)) {
    if (!kept.some(({ box }) => collide(box, detection.box))) kept.push(detection)
  }
  return kept
}
