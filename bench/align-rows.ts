/** A figure with what it is of. */
export type Row = readonly [what: string, figure: string]

/** The figures for people: a row each, the names in a column. */
export function alignRows(rows: readonly Row[]): string {
  const width = Math.max(0, ...rows.map(([what]) => what.length))
  return rows.map(([what, figure]) => `${what.padEnd(width)}  ${figure}`).join('\n')
}
