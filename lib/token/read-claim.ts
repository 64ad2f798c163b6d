import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'
import { isWithin, parseClaimName } from './claim-name.ts'
import { claimCatalogue, type ClaimService, type ClaimValue } from './claim-schemas.ts'

/**
 * Reads the value of a claim, with its defaults: `readClaim('push-1', value)`. Throws `IpsError('claim-malformed')`, not
 * retryable, with the reason, which repeats nothing of the value (it may hold a secret).
 */
export function readClaim<S extends ClaimService>(
  claim: `${S}-${string}`,
  value: unknown,
): ClaimValue<S> {
  const service = claim.slice(0, claim.indexOf('-')) as S
  const result = claimCatalogue[service].value.safeParse(value)
  if (result.success) return result.data as ClaimValue<S>
  throw new IpsError('claim-malformed', `${claim}: ${reasonOf(result.error)}`)
}

/**
 * Checks that a claim exists and that its value is well formed. Throws `IpsError('claim-unknown')` or
 * `IpsError('claim-malformed')`, not retryable, with the reason.
 */
export function checkClaim(claim: string, value: unknown): void {
  const name = parseClaimName(claim)
  if (name === undefined || !isClaimService(name.service)) {
    const services = Object.keys(claimCatalogue).join(', ')
    throw new IpsError(
      'claim-unknown',
      `${claim} is no SERVICE-VERSION, such as ingest-1.*, of the services ${services}`,
    )
  }
  const { versions } = claimCatalogue[name.service]
  if (!versions.some((version) => isWithin(version, name.version))) {
    throw new IpsError('claim-unknown', `${claim}: ${name.service} has ${versions.join(', ')}`)
  }
  readClaim(`${name.service}-${name.version}`, value)
}

function isClaimService(name: string): name is ClaimService {
  return Object.hasOwn(claimCatalogue, name)
}

function reasonOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ')
}
