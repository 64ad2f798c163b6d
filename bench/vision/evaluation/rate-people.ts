/** A face of which it is known whose it is. */
export interface KnownTemplate {
  readonly image: string
  readonly person: string
  readonly template: Float32Array
}

/** Of pairs of faces the parts that a threshold takes for one person. */
export interface PeopleRates {
  readonly pairs: { readonly same: number; readonly different: number }
  /** Faces beyond the limit, which were compared with none. */
  readonly leftOut: number
  readonly thresholds: readonly {
    readonly threshold: number
    readonly truePositive: number
    readonly falsePositive: number
  }[]
}

const thresholds = [0.3, 0.34, 0.38, 0.42, 0.46, 0.5, 0.54, 0.58]
/** Some two million pairs: a few seconds. */
const maxFaces = 2_000

/** Compares every two faces. */
export function ratePeople(known: readonly KnownTemplate[]): PeopleRates {
  const faces = known.slice(0, maxFaces)
  const [same, different] = [[] as number[], [] as number[]]
  for (const [index, one] of faces.entries()) {
    for (let at = 0; at < index; at += 1) {
      const other = faces[at]
      if (other === undefined) continue
      const cosines = one.person === other.person ? same : different
      cosines.push(cosineOf(one.template, other.template))
    }
  }
  const partOf = (cosines: readonly number[], threshold: number) =>
    cosines.filter((cosine) => cosine >= threshold).length / Math.max(1, cosines.length)
  return {
    pairs: { same: same.length, different: different.length },
    leftOut: known.length - faces.length,
    thresholds: thresholds.map((threshold) => ({
      threshold,
      truePositive: partOf(same, threshold),
      falsePositive: partOf(different, threshold),
    })),
  }
}

/** Of two vectors of length 1. */
function cosineOf(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0)
  return sum
}
