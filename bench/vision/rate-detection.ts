import type { FaceBox } from '../../workers/faceextract/face-box.ts'
import { matchBoxes, type FoundBox } from './match-boxes.ts'

/** A picture with what is in it, and what was found. */
export interface DetectedScene {
  readonly kind: string
  readonly faces: readonly FaceBox[]
  readonly found: readonly FoundBox[]
}

/** What a threshold leaves of the scenes of one kind. */
export interface KindRates {
  readonly scenes: number
  readonly faces: number
  /** Of the faces; `null` where there are none. */
  readonly recall: number | null
  /** Found boxes that show no face. */
  readonly falsePositives: number
}

/** What a threshold leaves of all scenes. */
export interface DetectionRates {
  readonly threshold: number
  readonly recall: number
  /** Of the found boxes those that show a face; 1 where nothing was found. */
  readonly precision: number
  readonly falsePositives: number
  /** Of the faces found. */
  readonly meanOverlap: number
  readonly kinds: Readonly<Record<string, KindRates>>
}

/** A box counts from this intersection over union, as usual for faces. */
const minOverlap = 0.5

/** Rates what was found, by threshold; kinds are in the order in which they first come. */
export function rateDetection(
  scenes: readonly DetectedScene[],
  thresholds: readonly number[],
): DetectionRates[] {
  return thresholds.map((threshold) => {
    const judged = scenes.map(({ kind, faces, found }) => {
      const sure = found.filter(({ confidence }) => confidence >= threshold)
      const overlaps = matchBoxes(faces, sure, minOverlap).map(({ overlap }) => overlap)
      return { kind, faces: faces.length, found: sure.length, overlaps }
    })
    const all = sumUp(judged)
    const kinds = [...new Set(scenes.map(({ kind }) => kind))].map((kind) => {
      const { found, hits, ...sums } = sumUp(judged.filter((scene) => scene.kind === kind))
      const recall = sums.faces === 0 ? null : hits / sums.faces
      return [kind, { ...sums, recall, falsePositives: found - hits }] as const
    })
    const overlaps = judged.flatMap((scene) => scene.overlaps)
    return {
      threshold,
      recall: all.hits / Math.max(1, all.faces),
      precision: all.found === 0 ? 1 : all.hits / all.found,
      falsePositives: all.found - all.hits,
      meanOverlap: overlaps.reduce((sum, overlap) => sum + overlap, 0) / Math.max(1, all.hits),
      kinds: Object.fromEntries(kinds),
    }
  })
}

function sumUp(judged: readonly { faces: number; found: number; overlaps: readonly number[] }[]): {
  scenes: number
  faces: number
  found: number
  hits: number
} {
  const sum = { scenes: judged.length, faces: 0, found: 0, hits: 0 }
  for (const { faces, found, overlaps } of judged) {
    sum.faces += faces
    sum.found += found
    sum.hits += overlaps.length
  }
  return sum
}
