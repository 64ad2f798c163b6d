import { z } from 'zod'

const schema = z.looseObject({
  time: z.string(),
  role: z.string(),
  level: z.string(),
  event: z.string(),
})

/** Longer values are for `--json`. */
const maxValueLength = 120
/** So that what follows lines up: `error` is the longest level. */
const levelWidth = 5
/** What is only said for programs. */
const hidden = ['pid', 'hostname']

/** An event of this system's logs as a line for people; `undefined` for a line that is none. */
export function formatLogLine(line: string, roleWidth: number): string | undefined {
  const read = line.startsWith('{') ? schema.safeParse(parse(line)) : undefined
  if (read?.data === undefined) return undefined
  const { time, role, level, event, ...fields } = read.data
  const main = Object.entries(fields)
    .filter(([name, value]) => !hidden.includes(name) && value !== undefined)
    .map(([name, value]) => `${name}=${formatValue(value)}`)
  return [time, role.padEnd(roleWidth), level.padEnd(levelWidth), event, ...main].join(' ')
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? quoteWhereNeeded(value) : describe(value)
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength)}…`
}

function quoteWhereNeeded(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}

/** Of an error what it says, without its stack. */
function describe(value: unknown): string {
  const { message, code } = Object(value) as { message?: unknown; code?: unknown }
  if (typeof message !== 'string') return JSON.stringify(value)
  return JSON.stringify(typeof code === 'string' ? `${code}: ${message}` : message)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
