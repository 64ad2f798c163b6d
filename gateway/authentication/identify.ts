import { IpsError } from '../../lib/errors/ips-error.ts'
import { isClientId } from '../../lib/token/client-id.ts'
import { readAssertionNames } from '../../lib/token/verify-assertion.ts'
import { OAuthError } from '../oauth-error.ts'
import type { RequestLimits } from '../request-limits.ts'
import type { CheckAssertion } from './check-assertion.ts'
import type { CredentialsCheck } from './check-credentials.ts'
import type { Audit } from './create-audit.ts'
import type { CredentialsDecision } from './decision.ts'
import type { ShownCredentials } from './read-client-credentials.ts'

/** What is counted at the endpoint. */
export type AuthenticationLimit = 'tokens' | 'failures' | 'failuresOfSender'

/** What saying who somebody is needs. */
export interface IdentificationDependencies {
  readonly credentials: CredentialsCheck
  readonly checkAssertion: CheckAssertion
  readonly audit: Audit
}

/** The circumstances of a request. */
export interface IdentificationRequest {
  /** Of which an assertion must name one. */
  readonly audiences: readonly string[]
  readonly at: Date
  readonly sender: string
  readonly limits: RequestLimits<AuthenticationLimit>
}

/** Says who shows credentials, and whether that was decided from memory. */
export type Identify = (
  shown: ShownCredentials,
  request: IdentificationRequest,
) => Promise<{ clientId: string; degraded?: boolean }>

/**
 * Creates the identification. Every decision is audited. What fails throws `OAuthError`: `invalid_client`, or `slow_down`:
 *
 * - where the client has got as many tokens as it may. Only good credentials count, so that nobody can use its rate up for it,
 *   and only they are told so, which would tell others that there is such a client: a secret that was right before, before
 *   anything is asked; an assertion before it is used up.
 * - where the sender has failed too often, in this name or in several, before anything is asked or hashed. A secret that was
 *   right before is let through, so that somebody who fails in a client's name from the same address does not keep it out.
 */
export function createIdentification(deps: IdentificationDependencies): Identify {
  const { audit } = deps
  return async (shown, request) => {
    const clientId = claimedId(shown)
    const decision = await decide(shown, clientId, deps, request)
    if (!decision.granted) {
      audit.note({ event: 'identity.token-refused', ...decision, clientId })
      await countFailure(request, clientId)
      throw new OAuthError('invalid_client', refusals[shown.kind])
    }
    await orAudited(audit, clientId, () => request.limits.count('tokens', clientId))
    const { credential, degraded = false } = decision
    const reason = degraded ? 'degraded' : ''
    audit.note({ event: 'identity.token-issued', clientId, credential, reason })
    return { clientId, degraded }
  }
}

/** The same whatever the reason: callers learn nothing of clients. */
const refusals = {
  secret: 'the client’s id or secret is wrong',
  assertion: 'the assertion is not good, or was used before',
} as const

async function decide(
  shown: ShownCredentials,
  clientId: string,
  { credentials, checkAssertion, audit }: IdentificationDependencies,
  request: IdentificationRequest,
): Promise<CredentialsDecision> {
  const { limits, sender, audiences, at } = request
  const checkRate = () => limits.check('tokens', clientId)
  const checkLimits = () =>
    orAudited(audit, clientId, async () => {
      if (shown.kind === 'secret' && credentials.isKnown(shown)) return checkRate()
      await limits.check('failures', failuresKey(sender, clientId))
      await limits.check('failuresOfSender', sender)
    })
  await checkLimits()
  // Many may have passed before the first of them was counted: what costs most is looked at again.
  if (shown.kind === 'secret') return credentials.check(shown, { at, beforeHash: checkLimits })
  const beforeUse = () => orAudited(audit, clientId, checkRate)
  const decision = await checkAssertion(shown.assertion, { audiences, at, beforeUse })
  const isOther = decision.granted && (shown.clientId ?? clientId) !== clientId
  return isOther ? { granted: false, reason: 'assertion-invalid' } : decision
}

/** Counts for the next one; this one is refused anyway. */
async function countFailure(
  { limits, sender }: IdentificationRequest,
  clientId: string,
): Promise<void> {
  const counts = [
    limits.count('failures', failuresKey(sender, clientId)),
    limits.count('failuresOfSender', sender),
  ]
  await Promise.allSettled(counts)
}

function failuresKey(sender: string, clientId: string): string {
  return `${sender} ${clientId}`
}

/** Notes in the audit where something is once too often. */
async function orAudited(audit: Audit, clientId: string, look: () => Promise<void>): Promise<void> {
  try {
    await look()
  } catch (error) {
    audit.note({ event: 'identity.token-refused', clientId, reason: 'rate-exceeded' })
    throw error
  }
}

/** Whose credentials these would be; empty where an assertion says nothing that could be. */
function claimedId(shown: ShownCredentials): string {
  if (shown.kind === 'secret') return shown.clientId
  try {
    const { clientId } = readAssertionNames(shown.assertion)
    return isClientId(clientId) ? clientId : ''
  } catch (error) {
    if (error instanceof IpsError) return ''
    throw error
  }
}
