import { IpsError } from '../lib/errors/ips-error.ts'

/** The error for a client that there is not: `client-unknown`, not retryable. */
export function clientUnknown(clientId: string): IpsError {
  return new IpsError('client-unknown', `there is no client ${clientId}`)
}
