/** The fewest insertions, deletions and replacements of characters that make one text of the other. */
export function editDistance(one: string, other: string): number {
  if (one === other) return 0
  const [wanted, read] = [Array.from(one), Array.from(other)]
  let previous = Uint32Array.from({ length: wanted.length + 1 }, (_, index) => index)
  let current = new Uint32Array(wanted.length + 1)
  for (const [row, character] of read.entries()) {
    current[0] = row + 1
    for (let column = 0; column < wanted.length; column += 1) {
      const replaced = (previous[column] ?? 0) + (character === wanted[column] ? 0 : 1)
      const added = (previous[column + 1] ?? 0) + 1
      const dropped = (current[column] ?? 0) + 1
      current[column + 1] = Math.min(replaced, added, dropped)
    }
    const emptied = previous
    previous = current
    current = emptied
  }
  return previous[wanted.length] ?? 0
}

/**
 * The same for two lists of lines of which the order says nothing: lines that are equal are paired first, then those that are
 * nearest to one another, and what is left has been invented or lost as a whole. Characters, as above.
 */
export function unorderedDistance(wanted: readonly string[], read: readonly string[]): number {
  const lost = new Map<string, number>()
  for (const line of wanted) lost.set(line, (lost.get(line) ?? 0) + 1)
  const invented = read.filter((line) => {
    const count = lost.get(line) ?? 0
    if (count > 0) lost.set(line, count - 1)
    return count === 0
  })
  const left = [...lost].flatMap(([line, count]) => Array.from({ length: count }, () => line))
  return pairNearest(left, invented)
}

function pairNearest(wanted: readonly string[], read: readonly string[]): number {
  const pairs = wanted
    .flatMap((line, from) =>
      read.map((other, to) => {
        const distance = editDistance(line, other)
        return { from, to, distance, part: distance / Math.max(line.length, other.length) }
      }),
    )
    .sort((one, other) => one.part - other.part || one.distance - other.distance)
  const [pairedWanted, pairedRead] = [new Set<number>(), new Set<number>()]
  let sum = 0
  for (const { from, to, distance } of pairs) {
    if (pairedWanted.has(from) || pairedRead.has(to)) continue
    pairedWanted.add(from)
    pairedRead.add(to)
    sum += distance
  }
  const alone = [
    ...wanted.filter((_, at) => !pairedWanted.has(at)),
    ...read.filter((_, at) => !pairedRead.has(at)),
  ]
  return alone.reduce((total, line) => total + Array.from(line).length, sum)
}
