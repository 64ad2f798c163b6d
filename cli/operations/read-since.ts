import { IpsError } from '../../lib/errors/ips-error.ts'
import { parseDuration } from '../clients/parse-duration.ts'

/** RFC 3339, section 5.6. */
const timeFormat = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i

const secondMs = 1_000

/**
 * Reads since when: a time (RFC 3339), or how long ago (`90s`, `15m`, `24h`, `7d`). Returns RFC 3339 in UTC. Throws
 * `IpsError('time-invalid')`, also for a time to come. `now` is in ms since the epoch.
 */
export function readSince(text: string, now: number): string {
  const at = timeFormat.test(text) ? Date.parse(text) : agoMs(text, now)
  if (Number.isNaN(at)) throw invalidTime(text)
  if (at > now) throw new IpsError('time-invalid', `${text} is in the future`)
  return new Date(at).toISOString()
}

function agoMs(text: string, now: number): number {
  try {
    return now - parseDuration(text) * secondMs
  } catch {
    throw invalidTime(text)
  }
}

function invalidTime(text: string): IpsError {
  return new IpsError(
    'time-invalid',
    `${text} is no time: write 2026-11-24T06:00:00Z, or how long ago: 15m, 24h, 7d`,
  )
}
