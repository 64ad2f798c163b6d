import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cosineUnit, pairIndex, type Pairs } from '../../../activities/summary/compare-pairs.ts'
import { createTurns } from '../../../activities/summary/create-turns.ts'
import { linkFaces } from '../../../activities/summary/link-faces.ts'

const maxFaces = 14

/** Faces of some images with cosines of their own: of few values, so that many are equal, or of any. */
const transactions = fc.integer({ min: 0, max: maxFaces }).chain((count) => {
  const pairs = (count * (count - 1)) / 2
  const few = fc.integer({ min: -4, max: 8 }).map((eighths) => eighths / 8)
  const any = fc.integer({ min: -1_000, max: 1_000 }).map((thousandths) => thousandths / 1_000)
  return fc.record({
    cosines: fc
      .boolean()
      .chain((coarse) => fc.array(coarse ? few : any, { minLength: pairs, maxLength: pairs })),
    images: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count }),
    threshold: fc.constantFrom(0, 0.25, 0.42, 0.5, 1),
  })
})

const pairsOf = (count: number, cosines: readonly number[]): Pairs => ({
  count,
  cosine: (one, other) => Math.round((cosines[pairIndex(one, other)] ?? 0) / cosineUnit),
})

/** What the words say, without any cleverness: O(n³), each mean computed anew from the pairs. */
function linkNaively(
  pairs: Pairs,
  threshold: number,
  mayLink: (one: number, other: number) => boolean,
): number[][] {
  let groups = Array.from({ length: pairs.count }, (_, face) => [face])
  for (;;) {
    let best: { one: number[]; other: number[]; mean: number } | undefined
    for (const [index, other] of groups.entries()) {
      for (const one of groups.slice(0, index)) {
        const links = one.flatMap((a) => other.map((b) => [a, b] as const))
        if (links.some(([a, b]) => !mayLink(a, b))) continue
        const mean = links.reduce((sum, [a, b]) => sum + pairs.cosine(a, b), 0) / links.length
        if (mean < threshold / cosineUnit) continue
        const isBetter =
          best === undefined ||
          mean > best.mean ||
          (mean === best.mean && (one[0] ?? 0) < (best.one[0] ?? 0))
        if (isBetter) best = { one, other, mean }
      }
    }
    if (best === undefined) return groups
    const { one, other } = best
    const united = [...one, ...other].sort((a, b) => a - b)
    groups = [...groups.filter((group) => group !== one && group !== other), united].sort(
      ([a = 0], [b = 0]) => a - b,
    )
  }
}

describe('grouping faces by average linkage', () => {
  test('gives what the naive way gives, ties and exclusions included', async () => {
    await fc.assert(
      fc.asyncProperty(transactions, async ({ cosines, images, threshold }) => {
        const pairs = pairsOf(images.length, cosines)
        const mayLink = (one: number, other: number) => images[one] !== images[other]
        expect(await linkFaces(pairs, { threshold, mayLink }, createTurns())).toEqual(
          linkNaively(pairs, threshold, mayLink),
        )
      }),
      { numRuns: 2_000 },
    )
  })

  test('unites everything that has no reason to stay apart, however much it is', async () => {
    const count = 2_048
    const pairs: Pairs = { count, cosine: () => 0.5 / cosineUnit }
    const options = { threshold: 0.5, mayLink: () => true }
    const groups = await linkFaces(pairs, options, createTurns())
    expect(groups).toEqual([Array.from({ length: count }, (_, face) => face)])
  })
})
