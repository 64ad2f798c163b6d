/** RFC 3339, section 5.6. */
const timeFormat = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** Milliseconds since the epoch of a time as in RFC 3339; `undefined` for anything else. */
export function readTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || !timeFormat.test(value)) return undefined
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? undefined : ms
}
