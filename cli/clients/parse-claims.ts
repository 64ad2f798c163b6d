import { IpsError } from '../../lib/errors/ips-error.ts'
import { checkClaim } from '../../lib/token/read-claim.ts'

/**
 * Reads `CLAIM=JSON` options; a claim alone is `true`. A later one stands before an earlier one of the same name. Throws
 * `IpsError('claim-malformed')` or `IpsError('claim-unknown')` with the reason.
 */
export function parseClaims(options: readonly string[]): Record<string, unknown> {
  const claims = options.map((option) => {
    const equals = option.indexOf('=')
    const claim = equals < 0 ? option : option.slice(0, equals)
    const value = equals < 0 ? true : parseValue(claim, option.slice(equals + 1))
    checkClaim(claim, value)
    return [claim, value] as const
  })
  return Object.fromEntries(claims)
}

function parseValue(claim: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new IpsError('claim-malformed', `${claim}: the value is not JSON`, { cause })
  }
}
