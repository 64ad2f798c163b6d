import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { Counter, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { TokenIssuer } from '../../lib/token/create-token-issuer.ts'
import { OAuthError } from '../oauth-error.ts'
import type { TokenResponse } from '../register-token-endpoint.ts'
import { jitteredRetryAfter } from '../retry-after.ts'
import { completeRights } from './complete-rights.ts'
import type { GrantsSource, KnownClient } from './degradation/create-grants-source.ts'
import { isStoreUnavailable } from '../create-store-guard.ts'
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
}

/** What issuing needs. */
export interface IssuingDependencies {
  readonly grants: GrantsSource
  readonly tokens: TokenIssuer
  readonly ttlSeconds: number
  readonly degradedTtlSeconds: number
  readonly logger: Logger
  readonly metrics: Registry
  readonly now: () => Date
  /** From 0 to below 1. */
  readonly random: () => number
}

/** Answers a request. Throws `OAuthError`. */
export type IssueToken = (request: TokenRequest) => Promise<TokenResponse>

type Refusal = 'unknown' | Extract<Degraded, string>

/**
 * Creates what gives a client its token: one with all that is granted, or, while that cannot be read, a degraded one with
 * what may still be given by what was last known.
 */
export function createTokenIssuance(deps: IssuingDependencies): IssueToken {
  const { grants: source, random } = deps
  const refusals = createRefusals(deps.metrics)

  const unavailable = (reason: Refusal, cause?: unknown) => {
    refusals.inc({ reason })
    return new OAuthError('temporarily_unavailable', 'rights cannot be read: try again later', {
      headers: jitteredRetryAfter(random, leastRetrySeconds),
      cause,
    })
  }

  const read = (clientId: string) =>
    source.read(clientId).catch((error: unknown) => {
      throw isStoreUnavailable(error) ? unavailable('unknown', error) : error
    })

  const issueFull = async (request: TokenRequest, { grants }: KnownClient) => {
    const active = requireActive(grants)
    const claims = narrowRights(active.claims, request.scope)
    const lifetimeSeconds = deps.ttlSeconds - Math.floor(random() * randomShare * deps.ttlSeconds)
    const response = await respond(request, { grants: active, claims, lifetimeSeconds }, deps)
    source.noteDelivery(request.clientId, claims)
    return response
  }

  const issueDegraded = async (request: TokenRequest, known: KnownClient) => {
    const { delivered, remainingSeconds } = known
    if (remainingSeconds === 0) throw unavailable('too-old')
    const grants = requireActive(known.confirmed)
    const terms = degrade({
      claims: grants.claims,
      delivered,
      scope: request.scope,
      ttlSeconds: deps.degradedTtlSeconds,
      remainingSeconds,
      random: random(),
    })
    if (typeof terms === 'string') throw unavailable(terms)
    return respond(request, { grants, ...terms, degraded: true }, deps)
  }

  return async (request) => {
    const known = await read(request.clientId)
    return known.remembered || request.degraded
      ? issueDegraded(request, known)
      : issueFull(request, known)
  }
}

function requireActive(grants: ClientGrants | undefined): ClientGrants {
  if (grants !== undefined && !grants.suspended) return grants
  throw new OAuthError('invalid_client', 'the client is unknown or suspended')
}

async function respond(
  { clientId }: TokenRequest,
  terms: {
    readonly claims: Rights
    readonly grants: ClientGrants
    readonly lifetimeSeconds: number
    readonly degraded?: true
  },
  { tokens, logger, now }: IssuingDependencies,
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
      issuedAt: now(),
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

function createRefusals(metrics: Registry): Counter<'reason'> {
  return new Counter({
    name: 'ips_authorisation_degraded_refusals_total',
    help: 'Requests that got no degraded token although only that was possible, by the reason',
    labelNames: ['reason'],
    registers: [metrics],
  })
}
