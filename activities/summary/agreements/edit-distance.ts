/**
 * The fewest insertions, deletions and replacements of letters that make one text of the other (Levenshtein 1966); `undefined`
 * where there are more than `limit`. Only what is so near to the diagonal that it may be within the limit is computed
 * (Ukkonen 1985): in the order of length times limit.
 */
export function editDistance(one: string, other: string, limit: number): number | undefined {
  if (Math.abs(one.length - other.length) > limit) return undefined
  const beyond = limit + 1
  let previous = Array.from({ length: other.length + 1 }, (_, at) => Math.min(at, beyond))
  let current = new Array<number>(other.length + 1).fill(beyond)
  for (let row = 1; row <= one.length; row += 1) {
    const first = Math.max(1, row - limit)
    const last = Math.min(other.length, row + limit)
    current[first - 1] = first === 1 ? Math.min(row, beyond) : beyond
    let least = current[first - 1] ?? beyond
    for (let at = first; at <= last; at += 1) {
      const same = one.charCodeAt(row - 1) === other.charCodeAt(at - 1)
      const replaced = (previous[at - 1] ?? beyond) + (same ? 0 : 1)
      const dropped = (at === row + limit ? beyond : (previous[at] ?? beyond)) + 1
      const added = (current[at - 1] ?? beyond) + 1
      const fewest = Math.min(replaced, dropped, added, beyond)
      current[at] = fewest
      if (fewest < least) least = fewest
    }
    if (least > limit) return undefined
    ;[previous, current] = [current, previous]
  }
  const distance = previous[other.length] ?? beyond
  return distance > limit ? undefined : distance
}
