import type { Pool } from '../../lib/postgres/create-pool.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { verifyAssertion } from '../../lib/token/verify-assertion.ts'
import { findDeviceKey, useAssertion } from './device-keys.ts'

/**
 * Says whose assertion it is: `undefined` for one that is not good, for whatever reason, or was used before. Rejects with a
 * retryable `IpsError` where that cannot be said now.
 */
export type CheckAssertion = (
  jwt: string,
  request: { readonly audiences: readonly string[]; readonly at: Date },
) => Promise<string | undefined>

/** Creates the check on the identities' database. */
export function createAssertionCheck(pool: Pool): CheckAssertion {
  return async (jwt, { audiences, at }) => {
    try {
      const assertion = await verifyAssertion(jwt, {
        audiences,
        at,
        findKey: (clientId, kid) => findDeviceKey(pool, clientId, kid),
      })
      return (await useAssertion(pool, assertion)) ? assertion.clientId : undefined
    } catch (error) {
      if (error instanceof IpsError && !error.retryable) return undefined
      throw error
    }
  }
}
