import { cosineUnit, pairCount, pairIndex, type Pairs } from './compare-pairs.ts'

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
 * time: no two groups get nearer to a third by becoming one. So it takes O(n²) steps, and 8 bytes for each pair.
 */
export function linkFaces(pairs: Pairs, { threshold, mayLink }: LinkOptions): number[][] {
  const sums = new Float64Array(pairCount(pairs.count))
  for (let one = 1; one < pairs.count; one += 1) {
    for (let other = 0; other < one; other += 1) {
      sums[pairIndex(one, other)] = mayLink(one, other) ? pairs.cosine(one, other) : -Infinity
    }
  }
  // A group is known by its first face.
  const open = new Map(Array.from({ length: pairs.count }, (_, face) => [face, [face]] as const))
  const closed: (readonly number[])[] = []
  const chain: number[] = []
  while (open.size > 0) {
    const last = chain.at(-1) ?? firstOf(open)
    const nearest = findNearest(last, open, sums, threshold / cosineUnit)
    if (nearest === undefined) {
      // It is alone in its chain, since every other link is near to the one before it.
      closed.push(open.get(last) ?? [])
      open.delete(last)
      chain.length = 0
    } else if (nearest === chain.at(-2)) {
      chain.splice(-2)
      unite(last, nearest, open, sums)
    } else {
      if (chain.length === 0) chain.push(last)
      chain.push(nearest)
    }
  }
  return closed.map((group) => group.toSorted((a, b) => a - b)).sort(([a = 0], [b = 0]) => a - b)
}

type Groups = Map<number, readonly number[]>

function firstOf(open: Groups): number {
  const [first = 0] = open.keys()
  return first
}

function findNearest(
  group: number,
  open: Groups,
  sums: Float64Array,
  threshold: number,
): number | undefined {
  const size = sizeOf(group, open)
  let nearest: number | undefined
  let best = threshold
  for (const [other, { length }] of open) {
    if (other === group) continue
    const mean = (sums[pairIndex(group, other)] ?? 0) / (size * length)
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

function unite(one: number, other: number, open: Groups, sums: Float64Array): void {
  const first = Math.min(one, other)
  const second = Math.max(one, other)
  open.set(first, [...(open.get(first) ?? []), ...(open.get(second) ?? [])])
  open.delete(second)
  for (const third of open.keys()) {
    if (third === first) continue
    const at = pairIndex(first, third)
    sums[at] = (sums[at] ?? 0) + (sums[pairIndex(second, third)] ?? 0)
  }
}

function sizeOf(group: number, open: Groups): number {
  return open.get(group)?.length ?? 0
}
