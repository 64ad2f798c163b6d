/** Which pairs of letters stand side by side in a text: a bit for each, those that are too many for the bits together. */
export type LetterPairs = readonly [number, number, number, number]

/** An edit takes two pairs away and puts two others there. */
const pairsOfEdit = 4

/** Reads the pairs of a text. */
export function letterPairsOf(text: string): LetterPairs {
  const pairs: [number, number, number, number] = [0, 0, 0, 0]
  for (let at = 1; at < text.length; at += 1) {
    const pair = 31 * text.charCodeAt(at - 1) + text.charCodeAt(at)
    pairs[(pair >>> 5) & 3] = (pairs[(pair >>> 5) & 3] ?? 0) | (1 << (pair & 31))
  }
  return pairs
}

/** A number of edits below which nobody gets from one text to the other: a quick look before `editDistance` takes a long one. */
export function differAtLeast(one: LetterPairs, other: LetterPairs): number {
  const bits =
    countBits(one[0] ^ other[0]) +
    countBits(one[1] ^ other[1]) +
    countBits(one[2] ^ other[2]) +
    countBits(one[3] ^ other[3])
  return Math.ceil(bits / pairsOfEdit)
}

function countBits(bits: number): number {
  let rest = bits - ((bits >>> 1) & 0x55555555)
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333)
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
