import { hash } from 'node:crypto'
import { IpsError } from '../errors/ips-error.ts'
import { Counter, type Registry } from '../telemetry/create-metrics.ts'
import { createKeyReader, haveSameIds } from './create-key-reader.ts'
import { createTokenMemory } from './create-token-memory.ts'
import { openAuthorisationToken } from './open-authorisation-token.ts'
import { readVerificationKeys } from './read-verification-keys.ts'
import { checkTimes, maxTokenLength, tokenInvalid } from './token-format.ts'
import { toVerifiedToken } from './to-verified-token.ts'
import type { TokenMembers } from './read-signed-token.ts'
import type { TokenVerifier, VerifiedToken } from './verified-token.ts'

/** How a verification ended, for the counter. */
type VerificationOutcome = 'cached' | 'verified' | 'refused' | 'expired' | 'unavailable'

/** What a verifier needs. */
export interface TokenVerifierOptions {
  /** The folder with the keys. Read on first use, now and then, and when a token names an unknown key. */
  readonly keysDirectory: string
  readonly issuer: string
  /** Verified tokens kept at most. */
  readonly cacheSize: number
  /** Milliseconds; decides only how old the keys are. */
  readonly clock?: () => number
  /** Where verifications are counted by how they ended, those answered from the cache apart. */
  readonly metrics?: Registry
}

/** A token whose layers were opened; its times are compared on each use. */
interface OpenedToken {
  readonly members: TokenMembers
  readonly verified: VerifiedToken
}

/**
 * Creates a verifier. Reads nothing before its first use. `verify` throws, apart from what `TokenVerifier` says,
 * `IpsError('keys-unavailable')`, retryable, while there are no keys at all. A token that was never seen costs about a
 * millisecond of one core, a known one its digest; concurrent calls with the same token share the work.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const open = createOpener(options)
  const report = createReport(options.metrics)
  return {
    async verify(token, at) {
      try {
        const { opened, cached } = await open(token)
        checkTimes(opened.members, at)
        report(cached ? 'cached' : 'verified')
        return opened.verified
      } catch (error) {
        report(outcomeOf(error))
        throw error
      }
    },
  }
}

function createOpener({
  keysDirectory,
  issuer,
  cacheSize,
  clock = Date.now,
}: TokenVerifierOptions) {
  let memory = createTokenMemory<OpenedToken>(cacheSize)
  const reader = createKeyReader({
    read: () => readVerificationKeys(keysDirectory),
    onReplace: (a, b) => {
      if (haveSameIds(a.decryption, b.decryption) && haveSameIds(a.signature, b.signature)) return
      // What was accepted or refused with other keys may no longer be so.
      memory = createTokenMemory(cacheSize)
    },
    clock,
  })

  const openNew = async (token: string): Promise<OpenedToken | undefined> => {
    const members =
      (await openAuthorisationToken(token, await reader.current(), issuer)) ??
      (await openAuthorisationToken(token, await reader.reread(), issuer))
    return members && { members, verified: toVerifiedToken(members) }
  }

  return async (token: string): Promise<{ opened: OpenedToken; cached: boolean }> => {
    if (token.length > maxTokenLength) throw tokenInvalid('it is too long')
    // Reads old keys again, so that a cached token does not outlive its key for long.
    await reader.current()
    const digest = hash('sha256', token, 'base64')
    const known = memory.find(digest)
    if (known !== undefined) return { opened: known, cached: true }
    const opened = await memory.open(digest, () => openNew(token))
    if (opened === undefined) throw keyUnknown()
    return { opened, cached: false }
  }
}

/** Of its own code: a process that has not seen a new key yet cannot tell it from one that never was. */
function keyUnknown(): IpsError {
  return new IpsError('token-key-unknown', 'the token is not valid: its key is not known')
}

function createReport(metrics: Registry | undefined): (outcome: VerificationOutcome) => void {
  const counter = new Counter({
    name: 'ips_token_verifications_total',
    help: 'Authorisation tokens looked at, by what came of it',
    labelNames: ['outcome'],
    registers: metrics === undefined ? [] : [metrics],
  })
  return (outcome) => counter.inc({ outcome })
}

function outcomeOf(error: unknown): VerificationOutcome {
  const code = error instanceof IpsError ? error.code : undefined
  if (code === 'token-expired') return 'expired'
  return code === 'token-invalid' || code === 'token-key-unknown' ? 'refused' : 'unavailable'
}
