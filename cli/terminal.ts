/**
 * Ends this process in order, and without a word, when nobody reads its output any more, as in `racc … | head`: as a SIGTERM
 * does where a command listens to it, and at once elsewhere.
 */
export function endWithReader(): void {
  let isOver = false
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      if (isOver) return
      isOver = true
      if (!process.emit('SIGTERM')) process.exit()
    })
  }
}

/** Writes a line of a command's result. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Writes a line about how a command is doing: to standard error, so that results can be piped. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Bytes for people: `54 MB`. */
export function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`
}

/** Rows as columns that line up, two spaces apart. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
