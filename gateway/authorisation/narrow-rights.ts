import { bySpecificity, isWithin, parseClaimName } from '../../lib/token/claim-name.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Rights } from './grants.ts'

/**
 * The rights that a scope leaves: each claim asked for must be a granted one, or a narrower one of the same service, whose
 * value is then that of the most specific grant that covers it. Without a scope, everything that is granted. Throws
 * `OAuthError`, `invalid_scope`.
 */
export function narrowRights(granted: Rights, scope: string | undefined): Rights {
  if (scope === undefined) return granted
  const asked = new Set(scope.split(' ').filter((claim) => claim !== ''))
  return Object.fromEntries(
    [...asked].map((claim) => {
      const source = coveringGrant(granted, claim)
      if (source !== undefined) return [claim, granted[source]]
      throw new OAuthError('invalid_scope', 'the scope goes beyond what is granted')
    }),
  )
}

function coveringGrant(granted: Rights, claim: string): string | undefined {
  const asked = parseClaimName(claim)
  if (asked === undefined) return undefined
  const [covering] = Object.keys(granted)
    .flatMap((name) => {
      const grant = parseClaimName(name)
      return grant !== undefined &&
        grant.service === asked.service &&
        isWithin(asked.version, grant.version)
        ? [{ name, version: grant.version }]
        : []
    })
    .sort((a, b) => bySpecificity(a.version, b.version))
  return covering?.name
}
