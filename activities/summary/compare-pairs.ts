import type { Turns } from './create-turns.ts'

/** Cosines are kept as whole numbers of this part: sums of them are exact, so that their order changes nothing. */
export const cosineUnit = 2 ** -20

/** The cosines of all pairs of some faces. */
export interface Pairs {
  readonly count: number
  /** The cosine of two different faces, as a whole number of `cosineUnit`. */
  cosine(one: number, other: number): number
}

/**
 * Compares packed vectors (see `packVector`) with each other: for 2,000 of 512 components half a second's work, in turns.
 * A vector without a direction is at right angles to all. Products of bytes are whole numbers, and so exact.
 */
export async function comparePairs(packed: readonly Uint8Array[], turns: Turns): Promise<Pairs> {
  const vectors = layOut(packed)
  const cosines = new Int32Array(pairCount(packed.length))
  const products = new Float64Array(packed.length)
  for (let one = 1; one < packed.length; one += 1) {
    multiplyWithFormer(vectors, one, products)
    for (let other = 0; other < one; other += 1) {
      const parts = (products[other] ?? 0) / cosineUnit
      const lengths = (vectors.lengths[one] ?? 0) * (vectors.lengths[other] ?? 0)
      cosines[pairIndex(one, other)] = lengths === 0 ? 0 : Math.round(parts / lengths)
    }
    if (turns.isOver()) await turns.next()
  }
  return {
    count: packed.length,
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

/** Vectors one behind the other, those that are shorter than others filled with zeros. */
interface Vectors {
  readonly components: Float64Array
  readonly size: number
  readonly lengths: Float64Array
}

function layOut(packed: readonly Uint8Array[]): Vectors {
  const size = packed.reduce((most, { length }) => Math.max(most, length), 0)
  const components = new Float64Array(packed.length * size)
  const lengths = new Float64Array(packed.length)
  for (const [index, bytes] of packed.entries()) {
    const vector = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    components.set(vector, index * size)
    let sum = 0
    for (const component of vector) sum += component * component
    lengths[index] = Math.sqrt(sum)
  }
  return { components, size, lengths }
}

/** Dot products of a vector with those before it: of four at a time, which takes half as long as one by one. */
function multiplyWithFormer(
  { components, size }: Vectors,
  one: number,
  products: Float64Array,
): void {
  const vector = one * size
  for (let other = 0; other < one; other += 4) {
    const a = other * size
    const b = Math.min(other + 1, one) * size
    const c = Math.min(other + 2, one) * size
    const d = Math.min(other + 3, one) * size
    let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0]
    for (let at = 0; at < size; at += 1) {
      const component = components[vector + at] ?? 0
      sumA += component * (components[a + at] ?? 0)
      sumB += component * (components[b + at] ?? 0)
      sumC += component * (components[c + at] ?? 0)
      sumD += component * (components[d + at] ?? 0)
    }
    products[other] = sumA
    products[other + 1] = sumB
    products[other + 2] = sumC
    products[other + 3] = sumD
  }
}
