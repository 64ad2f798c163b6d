const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
] as const

/** A time for people: `2026-11-24T06:05:00.000Z (in 5 min)`. `now` is in ms since the epoch. */
export function formatWhen(time: string, now: number): string {
  const ms = Date.parse(time) - now
  const unit = units.find((candidate) => Math.abs(ms) >= candidate.ms)
  const amount =
    unit === undefined
      ? `${Math.round(Math.abs(ms) / 1_000)} s`
      : `${Math.floor(Math.abs(ms) / unit.ms)} ${unit.name}`
  return `${time} (${ms < 0 ? `${amount} ago` : `in ${amount}`})`
}

/** `1 message`, `2 messages`. */
export function count(amount: number, singular: string, plural = `${singular}s`): string {
  return `${amount} ${amount === 1 ? singular : plural}`
}

/** What others have sent, without anything that a terminal would take for a command. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ').trim()
}
