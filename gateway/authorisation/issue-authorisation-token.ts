import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { Counter, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { TokenIssuer } from '../../lib/token/create-token-issuer.ts'
import { OAuthError } from '../oauth-error.ts'
import type { TokenResponse } from '../register-token-endpoint.ts'
import { jitteredRetryAfter } from '../retry-after.ts'
import { completeRights } from './complete-rights.ts'
import type { GrantsSource, KnownClient } from './degradation/create-grants-source.ts'
import { isStoreUnavailable } from './degradation/create-store-guard.ts'
import { degrade, type Degraded } from './degradation/degrade.ts'
import type { Rights } from './grants.ts'
import { narrowRights } from './narrow-rights.ts'
import type { ClientGrants } from './read-grants.ts'

const jwtType = 'urn:ietf:params:oauth:token-type:jwt'

/** So much of a token's life is left to chance, so that clients that began together do not renew together. */
const randomShare = 0.1

/** An outage is seldom shorter, and whoever must wait should not be what the store meets first when it is back. */
const leastRetrySeconds = 5

/** Who asks for a token, after the authentication token was verified. */
export interface TokenRequest {
  readonly clientId: string
  /** True where authentication could not see the client's state. */
  readonly degraded: boolean
  readonly scope: string | undefined
  readonly now: Date
}

/** What issuing needs. */
export interface IssuingDependencies {
  readonly grants: GrantsSource
  readonly tokens: TokenIssuer
  readonly ttlSeconds: number
  readonly degradedTtlSeconds: number
  readonly logger: Logger
  readonly metrics: Registry
  /** From 0 to below 1. */
  readonly random: () => number
}

/** Answers a request. Throws `OAuthError`. */
export type IssueToken = (request: TokenRequest) => Promise<TokenResponse>

type DegradedOutcome = 'issued' | 'unknown' | Extract<Degraded, string>

/**
 * Creates what gives a client its token: one with all that is granted, or, while that cannot be read, a degraded one with
 * what may still be given by what was last known.
 */
export function createTokenIssuance(deps: IssuingDependencies): IssueToken {
  const { grants: source, random } = deps
  const outcomes = createOutcomes(deps.metrics)

  const unavailable = (outcome: DegradedOutcome, cause?: unknown) => {
    outcomes.inc({ outcome })
    return new OAuthError('temporarily_unavailable', 'rights cannot be read: try again later', {
      headers: jitteredRetryAfter(random, leastRetrySeconds),
      cause,
    })
  }

  const read = async (clientId: string): Promise<KnownClient & { grants: ClientGrants }> => {
    const known = await source.read(clientId).catch((error: unknown) => {
      throw isStoreUnavailable(error) ? unavailable('unknown', error) : error
    })
    const { grants } = known
    if (grants !== undefined && !grants.suspended) return { ...known, grants }
    throw new OAuthError('invalid_client', 'the client is unknown or suspended')
  }

  return async (request) => {
    const { clientId, scope } = request
    const known = await read(clientId)
    if (!known.remembered && !request.degraded) {
      const claims = narrowRights(known.grants.claims, scope)
      const lifetimeSeconds = deps.ttlSeconds - Math.floor(random() * randomShare * deps.ttlSeconds)
      const response = await respond(request, { ...known, claims, lifetimeSeconds }, deps)
      source.noteDelivery(clientId, claims)
      return response
    }
    const terms = degrade({
      ...known,
      claims: known.grants.claims,
      scope,
      ttlSeconds: deps.degradedTtlSeconds,
      random: random(),
    })
    if (typeof terms === 'string') throw unavailable(terms)
    const response = await respond(request, { ...known, ...terms, degraded: true }, deps)
    outcomes.inc({ outcome: 'issued' })
    return response
  }
}

async function respond(
  { clientId, now }: TokenRequest,
  terms: {
    readonly claims: Rights
    readonly grants: ClientGrants
    readonly lifetimeSeconds: number
    readonly degraded?: true
  },
  { tokens, logger }: IssuingDependencies,
): Promise<TokenResponse> {
  const { claims, grants, lifetimeSeconds, degraded } = terms
  const rights = completeRights(claims, grants, (claim, reason) =>
    logger.warn({ clientId, claim, reason }, 'grant.malformed'),
  )
  const mark = degraded && { degraded }
  return {
    access_token: await tokens.issue({
      clientId,
      rights,
      issuedAt: now,
      lifetimeSeconds,
      ...mark,
    }),
    issued_token_type: jwtType,
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    scope: Object.keys(rights).sort().join(' '),
    ...mark,
  }
}

function createOutcomes(metrics: Registry): Counter<'outcome'> {
  return new Counter({
    name: 'ips_authorisation_degraded_total',
    help: 'Requests for authorisation tokens that could get a degraded one at most, by what came of it',
    labelNames: ['outcome'],
    registers: [metrics],
  })
}
