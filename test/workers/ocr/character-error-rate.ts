/** Insertions, deletions and replacements that make `read` of `written`, for each character of `written`. */
export function characterErrorRate(read: string, written: string): number {
  let previous = Array.from({ length: written.length + 1 }, (_, index) => index)
  for (const [row, character] of Array.from(read).entries()) {
    const current = [row + 1]
    for (const [column, wanted] of Array.from(written).entries()) {
      const replaced = (previous[column] ?? 0) + (character === wanted ? 0 : 1)
      const added = (previous[column + 1] ?? 0) + 1
      const dropped = (current[column] ?? 0) + 1
      current.push(Math.min(replaced, added, dropped))
    }
    previous = current
  }
  return (previous.at(-1) ?? 0) / Math.max(1, written.length)
}
