import { IpsError } from '../../lib/errors/ips-error.ts'

/** What a terminal, and a console's page, can show. */
const maxLimit = 10_000

/** Reads how many are wanted at most. Throws `IpsError('limit-invalid')`. */
export function readLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit
  throw new IpsError('limit-invalid', `${text} is no number from 1 to ${maxLimit}`)
}
