import { overlapOf, type FaceBox } from '../../workers/faceextract/face-box.ts'

/** A box that was found, and how sure it is. */
export interface FoundBox {
  readonly box: FaceBox
  readonly confidence: number
}

/** A found box that shows a face of the truth, by their places in their lists. */
export interface BoxMatch {
  readonly wanted: number
  readonly found: number
  /** Intersection over union. */
  readonly overlap: number
}

/**
 * Finds out which found boxes show which wanted ones, as PASCAL VOC does it: the surest first, each takes the wanted box that it
 * overlaps the most and that none before it took, where they overlap by `minOverlap` or more. No box is in two matches.
 */
export function matchBoxes(
  wanted: readonly FaceBox[],
  found: readonly FoundBox[],
  minOverlap: number,
): BoxMatch[] {
  const free = new Set(wanted.keys())
  const surestFirst = [...found.entries()].sort(
    ([, one], [, other]) => other.confidence - one.confidence,
  )
  return surestFirst.flatMap(([index, { box }]) => {
    let best: BoxMatch | undefined
    for (const place of free) {
      const face = wanted[place]
      const overlap = face === undefined ? 0 : overlapOf(face, box)
      if (overlap >= minOverlap && overlap > (best?.overlap ?? 0)) {
        best = { wanted: place, found: index, overlap }
      }
    }
    if (best === undefined) return []
    free.delete(best.wanted)
    return [best]
  })
}
