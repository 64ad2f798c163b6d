/** Cosines are kept as whole numbers of this part: sums of them are exact, so that their order changes nothing. */
export const cosineUnit = 2 ** -20

/** The cosines of all pairs of some faces. */
export interface Pairs {
  readonly count: number
  /** The cosine of two different faces, as a whole number of `cosineUnit`. */
  cosine(one: number, other: number): number
}

/** Compares vectors of length 1 with each other: for 2,000 of 512 components a second's work. */
export function comparePairs(vectors: readonly Float32Array[]): Pairs {
  const cosines = new Int32Array(pairCount(vectors.length))
  let at = 0
  for (const [index, vector] of vectors.entries()) {
    for (let other = 0; other < index; other += 1) {
      cosines[at++] = Math.round(dotProduct(vector, vectors[other]) / cosineUnit)
    }
  }
  return {
    count: vectors.length,
    cosine: (one, other) => cosines[pairIndex(one, other)] ?? 0,
  }
}

/** How many pairs there are of `count` things. */
export function pairCount(count: number): number {
  return (count * (count - 1)) / 2
}

/** The place of a pair of different things among all pairs, whichever comes first. */
export function pairIndex(one: number, other: number): number {
  return one > other ? pairCount(one) + other : pairCount(other) + one
}

function dotProduct(one: Float32Array, other: Float32Array = new Float32Array(0)): number {
  const length = Math.min(one.length, other.length)
  let sum = 0
  for (let at = 0; at < length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0)
  return sum
}
