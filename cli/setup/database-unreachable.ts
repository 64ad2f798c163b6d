import { IpsError } from '../../lib/errors/ips-error.ts'

/** Says that PostgreSQL does not answer, with the code of what it failed with, where there is one. Retryable. */
export function databaseUnreachable(code: unknown, cause: unknown): IpsError {
  const reason = typeof code === 'string' ? ` (${code})` : ''
  return new IpsError('database-unreachable', `PostgreSQL does not answer${reason}: is it up?`, {
    retryable: true,
    cause,
  })
}
