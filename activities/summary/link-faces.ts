import { cosineUnit, pairCount, pairIndex, type Pairs } from './compare-pairs.ts'
import type { Turns } from './create-turns.ts'

/** What grouping goes by. */
export interface LinkOptions {
  /** Two groups are one where the mean cosine of their faces is at least this. */
  readonly threshold: number
  /** Whether two faces can be of one person at all. */
  readonly mayLink: (one: number, other: number) => boolean
}

/**
 * Groups faces by average linkage: the two groups with the highest mean cosine become one, and so on, as long as it reaches
 * the threshold and no two of their faces exclude each other. Of equal ones those of the lowest faces go first. Returns each group's faces
 * in ascending order, the groups by their first face.
 *
 * It follows chains of nearest neighbours (Murtagh 1983), which gives the same groups as looking for the highest pair each
 * time: no two groups get nearer to a third by becoming one. So it takes O(n²) steps, in turns, and 8 bytes for each pair.
 */
export async function linkFaces(
  pairs: Pairs,
  { threshold, mayLink }: LinkOptions,
  turns: Turns,
): Promise<number[][]> {
  const groups = await separate(pairs, mayLink, turns)
  const closed: (readonly number[])[] = []
  const chain: number[] = []
  for (let start = 0; start < pairs.count;) {
    if (turns.isOver()) await turns.next()
    const last = chain.at(-1) ?? start
    if (sizeOf(groups, last) === 0) {
      start += 1
      continue
    }
    const nearest = findNearest(groups, last, threshold / cosineUnit)
    if (nearest === undefined) {
      // It is alone in its chain, since every other link is near to the one before it.
      closed.push(groups.members[last] ?? [])
      groups.sizes[last] = 0
      chain.length = 0
    } else if (nearest === chain.at(-2)) {
      chain.splice(-2)
      unite(groups, last, nearest)
    } else {
      if (chain.length === 0) chain.push(last)
      chain.push(nearest)
    }
  }
  return closed.map((group) => group.toSorted((a, b) => a - b)).sort(([a = 0], [b = 0]) => a - b)
}

/** A group is known by its first face. */
interface Groups {
  /** Of the cosines between the faces of two groups. */
  readonly sums: Float64Array
  /** 0 for what is no group, or none that anything can be united with. */
  readonly sizes: Int32Array
  readonly members: (readonly number[])[]
}

/** Each face as a group of its own. */
async function separate(
  pairs: Pairs,
  mayLink: LinkOptions['mayLink'],
  turns: Turns,
): Promise<Groups> {
  const { count } = pairs
  const sums = new Float64Array(pairCount(count))
  for (let one = 1; one < count; one += 1) {
    for (let other = 0; other < one; other += 1) {
      sums[pairIndex(one, other)] = mayLink(one, other) ? pairs.cosine(one, other) : -Infinity
    }
    if (turns.isOver()) await turns.next()
  }
  const members = Array.from({ length: count }, (_, face) => [face])
  return { sums, sizes: new Int32Array(count).fill(1), members }
}

function findNearest(groups: Groups, group: number, threshold: number): number | undefined {
  const { sums, sizes } = groups
  const size = sizeOf(groups, group)
  let nearest: number | undefined
  let best = threshold
  for (let other = 0; other < sizes.length; other += 1) {
    const otherSize = sizes[other] ?? 0
    if (otherSize === 0 || other === group) continue
    const mean = (sums[pairIndex(group, other)] ?? 0) / (size * otherSize)
    if (mean < best) continue
    if (mean === best && nearest !== undefined && !isBefore(group, other, nearest)) continue
    nearest = other
    best = mean
  }
  return nearest
}

/** Of two pairs with `group`, whether that with `one` comes before that with `other`, by the lower face and then the higher. */
function isBefore(group: number, one: number, other: number): boolean {
  const lower = Math.min(group, one) - Math.min(group, other)
  return lower < 0 || (lower === 0 && Math.max(group, one) < Math.max(group, other))
}

function unite({ sums, sizes, members }: Groups, one: number, other: number): void {
  const first = Math.min(one, other)
  const second = Math.max(one, other)
  const united = [...(members[first] ?? []), ...(members[second] ?? [])]
  members[first] = united
  sizes[first] = united.length
  sizes[second] = 0
  for (let third = 0; third < sizes.length; third += 1) {
    if (third === first || sizes[third] === 0) continue
    const at = pairIndex(first, third)
    sums[at] = (sums[at] ?? 0) + (sums[pairIndex(second, third)] ?? 0)
  }
}

function sizeOf({ sizes }: Groups, group: number): number {
  return sizes[group] ?? 0
}
