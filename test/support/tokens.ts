import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTokenIssuer } from '../../lib/token/create-token-issuer.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import { ensureKeys } from '../../lib/token/key-files.ts'
import { keyPurposes, type KeyPurpose } from '../../lib/token/key-purposes.ts'
import type { TokenVerifier } from '../../lib/token/verified-token.ts'

/** Keys of a test: generated at run time, in a folder of its own. */
export interface TestKeys {
  readonly directory: string
  readonly issuer: string
  /** A verifier as services have it. */
  createVerifier(cacheSize?: number): TokenVerifier
  /** Removes the folder. */
  remove(): Promise<void>
}

/** What a test's token says; `rights` are claims with their values. */
export interface TestToken {
  readonly clientId?: string
  readonly rights?: Readonly<Record<string, unknown>>
  /** Now by default. */
  readonly issuedAt?: Date
  /** An hour by default. */
  readonly lifetimeSeconds?: number
  readonly degraded?: boolean
}

/** Creates keys for every purpose. Remove them at the end of the test. */
export async function createTestKeys(issuer = 'ips'): Promise<TestKeys> {
  const directory = await mkdtemp(path.join(tmpdir(), 'ips-keys-'))
  for (const purpose of Object.keys(keyPurposes)) await ensureKeys(directory, purpose as KeyPurpose)
  return {
    directory,
    issuer,
    createVerifier: (cacheSize = 1_000) =>
      createTokenVerifier({ keysDirectory: directory, issuer, cacheSize }),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** Issues an authorisation token exactly as the authorisation service does. */
export function issueTestToken(keys: TestKeys, token: TestToken = {}): Promise<string> {
  const issuer = createTokenIssuer({ keysDirectory: keys.directory, issuer: keys.issuer })
  return issuer.issue({
    clientId: token.clientId ?? 'test-client',
    rights: token.rights ?? {},
    issuedAt: token.issuedAt ?? new Date(),
    lifetimeSeconds: token.lifetimeSeconds ?? 3_600,
    ...(token.degraded === undefined ? {} : { degraded: token.degraded }),
  })
}
