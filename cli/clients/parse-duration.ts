import { IpsError } from '../../lib/errors/ips-error.ts'

const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

const format = /^(\d{1,6})([smhd])$/

/** Seconds of `90s`, `15m`, `24h` or `7d`. Throws `IpsError('duration-invalid')`. */
export function parseDuration(text: string): number {
  const [, amount, unit] = format.exec(text) ?? []
  if (amount === undefined || unit === undefined) {
    throw new IpsError('duration-invalid', `${text} is no duration: write 90s, 15m, 24h or 7d`)
  }
  return Number(amount) * unitSeconds[unit as keyof typeof unitSeconds]
}
