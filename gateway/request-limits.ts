import rateLimit, { normalizeIP, type RateLimitOptions } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { App } from './create-app.ts'
import { OAuthError } from './oauth-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose count is looked at: one request may be in several. */
    limitKey: string
  }
}

/** Counts are by the minute: nobody waits longer, and a burst of a minute's worth is nobody's trouble. */
const windowMs = 60_000
/** Keys that are counted at most, about 200 bytes each; the least recently used are forgotten first. */
const maxKeys = 50_000

/** Counts of one request, by the names of the limits. */
export interface RequestLimits<Name extends string> {
  /** Throws `OAuthError('slow_down')` where a key has been counted as often as it may; counts nothing. */
  check(name: Name, key: string): Promise<void>
  /** Counts a key. Throws `OAuthError('slow_down')` where that is once too often. */
  count(name: Name, key: string): Promise<void>
}

/**
 * Adds limits to a part of an app: so many by the minute, for each key, in this process. Returns what counts for one request.
 */
export async function addRequestLimits<Name extends string>(
  scope: App,
  perMinute: Readonly<Record<Name, number>>,
): Promise<(request: FastifyRequest) => RequestLimits<Name>> {
  await scope.register(rateLimit, { global: false })
  scope.decorateRequest('limitKey', '')
  const limiters = new Map(
    Object.entries<number>(perMinute).map(([name, max]) => {
      const options: RateLimitOptions = {
        max,
        timeWindow: windowMs,
        cache: maxKeys,
        keyGenerator: ({ limitKey }) => limitKey,
      }
      return [name, scope.createRateLimit(options)]
    }),
  )
  return (request) => {
    const look = async (name: Name, key: string, increment: boolean) => {
      // Read before the limiter first waits.
      request.limitKey = key
      const count = await limiters.get(name)?.(request, { increment })
      if (count === undefined || count.isAllowed) return
      if (increment ? count.isExceeded : count.remaining === 0) throw tooMany(count.ttlInSeconds)
    }
    return {
      check: (name, key) => look(name, key, false),
      count: (name, key) => look(name, key, true),
    }
  }
}

/** Where a request comes from, as far as its sender can be told from others: of IPv6 the network. */
export function senderOf({ ip }: FastifyRequest): string {
  return normalizeIP(ip)
}

function tooMany(seconds: number): OAuthError {
  return new OAuthError('slow_down', 'too many requests: come back later', {
    headers: { 'retry-after': String(Math.max(1, seconds)) },
  })
}
