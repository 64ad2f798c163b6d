import { readTime } from '../read-time.ts'

/** No transaction ends later than this from now: the longest window that a token can ask for. */
export const maxExtensionSeconds = 90 * 24 * 60 * 60

/** To when an end is moved (ms since the epoch), or why it is not: the end of a sentence. */
export type Extension = { readonly untilMs: number } | { readonly objection: string }

/**
 * Reads what came with an `extend` signal, whatever it is: `{seconds}` after the present end, or `{until}`, a time as in
 * RFC 3339. An end only moves to later. Never throws.
 */
export function readExtension(
  request: unknown,
  { nowMs, endMs }: { readonly nowMs: number; readonly endMs: number },
): Extension {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return { objection: 'it needs {"seconds": n} or {"until": "…"}.' }
  const { seconds, until, ...others } = request as Record<string, unknown>
  if (Object.keys(others).length > 0 || (seconds === undefined) === (until === undefined))
    return { objection: 'it needs either `seconds` or `until`, and nothing else.' }
  const untilMs =
    until === undefined ? addSeconds(Math.max(nowMs, endMs), seconds) : readTime(until)
  if (untilMs === undefined)
    return {
      objection:
        until === undefined
          ? '`seconds` is no number above 0.'
          : '`until` is no time as in RFC 3339.',
    }
  if (untilMs > nowMs + maxExtensionSeconds * 1000)
    return { objection: 'no transaction ends later than 90 days from now.' }
  if (untilMs <= Math.max(nowMs, endMs))
    return { objection: 'an end only moves to later; `completeNow` ends the waiting.' }
  return { untilMs }
}

function addSeconds(fromMs: number, seconds: unknown): number | undefined {
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined
  return fromMs + Math.ceil(seconds * 1000)
}
