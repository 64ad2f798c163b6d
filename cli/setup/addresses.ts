import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Setup } from './read-setup.ts'

/** Where the servers of a set-up are, its own or configured ones. */
export interface Addresses {
  readonly kafkaBrokers: string
  readonly postgresUrl: string
  readonly temporalAddress: string
  /** `undefined` where Temporal is configured and TEMPORAL_UI_URL is not. */
  readonly temporalUiUrl: string | undefined
}

/** The user that owns the databases of a set-up's own PostgreSQL. */
export const postgresUser = 'ips'

/** Enough that nobody guesses it; base64url needs no escaping in a URL. */
const passwordBytes = 24

/**
 * Where the servers are. Throws `IpsError('not-started')` where PostgreSQL is this set-up's own and was never started:
 * its password does not exist yet.
 */
export function readAddresses(setup: Setup): Addresses {
  const { configured, ports } = setup
  return {
    kafkaBrokers: configured.kafkaBrokers ?? `127.0.0.1:${ports.kafka}`,
    postgresUrl: configured.postgresUrl ?? ownPostgresUrl(setup),
    temporalAddress: configured.temporalAddress ?? `127.0.0.1:${ports.temporal}`,
    temporalUiUrl: temporalUiUrlOf(setup),
  }
}

/** The file with the password of this set-up's own PostgreSQL. */
export function postgresPasswordFile(home: string): string {
  return join(home, 'postgres', 'password')
}

/** Draws the password of this set-up's own PostgreSQL, once; readable by its owner only. Idempotent. */
export function ensurePostgresPassword(home: string): void {
  const file = postgresPasswordFile(home)
  mkdirSync(dirname(file), { recursive: true })
  try {
    writeFileSync(file, randomBytes(passwordBytes).toString('base64url'), {
      mode: 0o600,
      flag: 'wx',
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function temporalUiUrlOf({ configured, environment, ports }: Setup): string | undefined {
  const given = environment['TEMPORAL_UI_URL'] ?? ''
  if (given !== '') return given.replace(/\/+$/, '')
  return configured.temporalAddress === undefined
    ? `http://127.0.0.1:${ports.temporalUi}`
    : undefined
}

function ownPostgresUrl({ home, ports }: Setup): string {
  try {
    const password = readFileSync(postgresPasswordFile(home), 'utf8').trim()
    return `postgres://${postgresUser}:${password}@127.0.0.1:${ports.postgres}`
  } catch (cause) {
    throw new IpsError('not-started', `nothing was ever started in ${home}: run ./racc up first.`, {
      cause,
    })
  }
}
