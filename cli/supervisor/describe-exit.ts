import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { z } from 'zod'

/** The last words of a process are at the end of its log. */
const tailBytes = 8_192
const longestReason = 300

/** Says why a process ended: its exit code or signal, and the last line that it wrote since `logStart`. */
export function describeExit(
  code: number | null,
  signal: NodeJS.Signals | null,
  log: { file: string; start: number },
): string {
  const how = signal === null ? `exited with code ${code ?? 'unknown'}` : `killed by ${signal}`
  // A clean or forced end leaves no reason in the log.
  if (code === 0 || signal !== null) return how
  const words = lastWords(readTail(log.file, log.start))
  return words === undefined ? how : `${how}: ${words}`
}

function readTail(file: string, start: number): string {
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    // A log that was cut since is shorter than where it started.
    const from = Math.max(size < start ? 0 : start, size - tailBytes)
    const buffer = Buffer.alloc(size - from)
    readSync(fd, buffer, 0, buffer.length, from)
    return buffer.toString('utf8')
  } finally {
    closeSync(fd)
  }
}

const logEvent = z.object({
  event: z.string(),
  error: z.object({ message: z.string() }).optional(),
})

function lastWords(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  // Of a stack trace, the line that names the error; the frames below it say less.
  const line =
    lines.findLast((candidate) => /^\S*(Error|Exception)\b/.test(candidate)) ?? lines.at(-1)
  return line === undefined ? undefined : readable(line).slice(0, longestReason)
}

/** A structured event says it in two members. */
function readable(line: string): string {
  try {
    const { event, error } = logEvent.parse(JSON.parse(line))
    return error === undefined ? event : `${event}: ${error.message}`
  } catch {
    return line.trim()
  }
}
