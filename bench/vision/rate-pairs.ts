import type { FoundFace } from './collect-faces.ts'

/** The recogniser's word on a face: which of the ways to make a template. */
export type TemplateOf = (face: FoundFace) => Float32Array

/** Of pairs of faces, the parts that a threshold takes for one person. */
export interface PairRates {
  readonly threshold: number
  /** Of one person's faces in variations of one photo. */
  readonly samePhoto: number
  /** Of one person's faces in two photos. */
  readonly otherPhoto: number
  /** Of two people's faces. */
  readonly falsePositive: number
}

/** How many pairs there were. */
export interface PairCounts {
  readonly samePhoto: number
  readonly otherPhoto: number
  readonly different: number
}

/** Whether two faces are one person's; `undefined` where nobody knows. */
export function isSamePerson(one: FoundFace, other: FoundFace): boolean | undefined {
  if (one.person === other.person) return true
  const isKnown =
    one.photo.file === other.photo.file ||
    one.photo.source !== other.photo.source ||
    one.photo.source === 'white-house'
  return isKnown ? false : undefined
}

/** Compares every two faces of which it is known whether they are one person's. */
export function ratePairs(
  faces: readonly FoundFace[],
  templateOf: TemplateOf,
  thresholds: readonly number[],
): { rates: PairRates[]; counts: PairCounts } {
  const cosines = {
    samePhoto: [] as number[],
    otherPhoto: [] as number[],
    different: [] as number[],
  }
  for (const [index, one] of faces.entries()) {
    for (const other of faces.slice(0, index)) {
      const isSame = isSamePerson(one, other)
      if (isSame === undefined) continue
      const kind = !isSame
        ? 'different'
        : one.photo.file === other.photo.file
          ? 'samePhoto'
          : 'otherPhoto'
      cosines[kind].push(dotProduct(templateOf(one), templateOf(other)))
    }
  }
  const partOf = (values: readonly number[], threshold: number) =>
    values.filter((cosine) => cosine >= threshold).length / Math.max(1, values.length)
  return {
    rates: thresholds.map((threshold) => ({
      threshold,
      samePhoto: partOf(cosines.samePhoto, threshold),
      otherPhoto: partOf(cosines.otherPhoto, threshold),
      falsePositive: partOf(cosines.different, threshold),
    })),
    counts: {
      samePhoto: cosines.samePhoto.length,
      otherPhoto: cosines.otherPhoto.length,
      different: cosines.different.length,
    },
  }
}

function dotProduct(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, component, at) => sum + component * (other[at] ?? 0), 0)
}
