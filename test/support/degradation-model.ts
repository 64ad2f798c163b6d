import { isDeepStrictEqual } from 'node:util'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { createGrantsSource } from '../../gateway/authorisation/degradation/create-grants-source.ts'
import { createStoreGuard, isStoreUnavailable } from '../../gateway/create-store-guard.ts'
import type { Instant } from '../../gateway/authorisation/degradation/known-grants.ts'
import { createLastKnownGood } from '../../gateway/authorisation/degradation/last-known-good.ts'
import { refreshGrants } from '../../gateway/authorisation/degradation/start-grants-refresh.ts'
import type { Rights } from '../../gateway/authorisation/grants.ts'
import {
  createTokenIssuance,
  type TokenRequest,
} from '../../gateway/authorisation/issue-authorisation-token.ts'
import type { ClientGrants } from '../../gateway/authorisation/read-grants.ts'
import { OAuthError } from '../../gateway/oauth-error.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { TokenIssuer } from '../../lib/token/create-token-issuer.ts'
import { isWithin, parseClaimName } from '../../lib/token/claim-name.ts'

export const ttlSeconds = 3_600
export const degradedTtlSeconds = 60
export const maxDegradedMs = 150_000

/** What a look into the store saw of one client, with its place among all beginnings and ends of looks. */
export interface Observation {
  readonly clientId: string
  readonly begun: number
  readonly begunAt: Instant
  readonly ended: number
  readonly saw: ClientGrants | undefined
}

/** A token as it was issued. */
export interface Issued {
  readonly clientId: string
  readonly rights: Rights
  readonly lifetimeSeconds: number
  readonly degraded: boolean
  /** Its place among the looks, and the clocks. */
  readonly order: number
  readonly at: Instant
  readonly expiresAtMs: number
}

/** A look that is under way. */
interface Look {
  readonly clientIds: readonly string[]
  readonly begun: number
  readonly begunAt: Instant
  /** What it will answer, once it was in the store; `away` where that could not be reached. */
  seen?: ReadonlyMap<string, ClientGrants | undefined> | 'away'
  readonly end: PromiseWithResolvers<ReadonlyMap<string, ClientGrants | undefined>>
}

/** The real service on a store and clocks that a test moves; looks into the store take as long as the test likes. */
export class DegradationModel {
  readonly store = new Map<string, ClientGrants>()
  readonly observations: Observation[] = []
  readonly issued: Issued[] = []
  readonly refusals: string[] = []
  /** What should never happen. */
  readonly failures: unknown[] = []
  away = false
  clock: Instant = { elapsedMs: 0, timeMs: 1_800_000_000_000 }
  private order = 0
  private looks: Look[] = []
  private readonly memory
  private readonly guard
  private readonly issue

  constructor(options: { size: number; random: () => number }) {
    this.memory = createLastKnownGood({
      size: options.size,
      maxAgeMs: maxDegradedMs,
      spreadMs: degradedTtlSeconds * 1_000,
      clock: () => this.clock,
      random: options.random,
    })
    this.guard = createStoreGuard({
      elapsedMs: () => this.clock.elapsedMs,
      onChange: () => undefined,
    })
    this.issue = createTokenIssuance({
      grants: createGrantsSource({
        readOne: async (clientId) => (await this.look([clientId])).get(clientId),
        guard: this.guard,
        memory: this.memory,
      }),
      tokens: { issue: (content) => this.note(content) },
      ttlSeconds,
      degradedTtlSeconds,
      logger: pino({ level: 'silent' }),
      metrics: new Registry(),
      now: () => new Date(this.clock.timeMs),
      random: options.random,
    })
  }

  /** Begins a client's request. */
  ask(request: TokenRequest): void {
    this.issue(request).catch((error: unknown) => {
      if (error instanceof OAuthError) this.refusals.push(error.error)
      else this.failures.push(error)
    })
  }

  /** Begins a refresh of whatever is known. */
  refresh(): void {
    const { memory, guard } = this
    const readMany = (clientIds: readonly string[]) => this.look(clientIds)
    refreshGrants({ memory, guard, readMany }, new AbortController().signal).catch(
      (error: unknown) => {
        if (!isStoreUnavailable(error)) this.failures.push(error)
      },
    )
  }

  /** Lets one of the looks under way see the store as it is. */
  see(pick: number): void {
    const look = this.looks[pick % this.looks.length]
    if (look === undefined || look.seen !== undefined) return
    look.seen = this.away
      ? 'away'
      : new Map(look.clientIds.map((clientId) => [clientId, this.store.get(clientId)]))
  }

  /** Lets the look that began last see the store. */
  seeNewest(): void {
    this.see(this.looks.length - 1)
  }

  /** Ends one of the looks under way, and lets everything run that waits for it. */
  async end(pick: number): Promise<void> {
    const look = this.looks[pick % this.looks.length]
    if (look === undefined) return
    this.see(pick)
    this.looks = this.looks.filter((other) => other !== look)
    if (look.seen === undefined || look.seen === 'away') {
      look.end.reject(new IpsError('store-unavailable', 'away', { retryable: true }))
    } else {
      const ended = ++this.order
      for (const [clientId, saw] of look.seen) {
        this.observations.push({ clientId, ...look, ended, saw })
      }
      look.end.resolve(look.seen)
    }
    await settle()
  }

  /** Ends what began last, as if nothing else took time. */
  async endNewest(): Promise<void> {
    await settle()
    await this.end(this.looks.length - 1)
  }

  /** Ends everything that is under way. */
  async endAll(): Promise<void> {
    await settle()
    while (this.looks.length > 0) await this.end(0)
  }

  private look(clientIds: readonly string[]) {
    const end: Look['end'] = Promise.withResolvers()
    this.looks.push({ clientIds, begun: ++this.order, begunAt: this.clock, end })
    return end.promise
  }

  private note(content: Parameters<TokenIssuer['issue']>[0]): Promise<string> {
    const { clientId, rights, issuedAt, lifetimeSeconds, degraded = false } = content
    this.issued.push({
      clientId,
      rights,
      lifetimeSeconds,
      degraded,
      order: ++this.order,
      at: this.clock,
      expiresAtMs: (Math.floor(issuedAt.getTime() / 1_000) + lifetimeSeconds) * 1_000,
    })
    return Promise.resolve('a token')
  }
}

/** Lets promises run; nothing in this model waits for a timer. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** True where some rights hold a claim: it, or a wider one of the same service, with the same value apart from secrets. */
export function covers(rights: Rights | undefined, claim: string, value: unknown): boolean {
  const wanted = parseClaimName(claim)
  return Object.entries(rights ?? {}).some(([name, granted]) => {
    const held = parseClaimName(name)
    return (
      held?.service === wanted?.service &&
      isWithin(wanted?.version ?? '', held?.version ?? '') &&
      isDeepStrictEqual(withoutSecret(granted), withoutSecret(value))
    )
  })
}

function withoutSecret(value: unknown): unknown {
  return typeof value === 'object' ? { ...value, secret: undefined } : value
}
