import type { Client } from '@temporalio/client'
import { pino } from 'pino'
import { findClaims, type Rights } from '../../gateway/authorisation/grants.ts'
import {
  clientKeysFolder,
  createClientKeys,
  type ClientKeys,
} from '../../lib/client-keys/create-client-keys.ts'
import {
  postgresSettings,
  temporalSettings,
  tokenSettings,
} from '../../lib/config/common-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { createPool, type Pool } from '../../lib/postgres/create-pool.ts'
import { createTemporalClient } from '../../lib/temporal/connect-temporal.ts'
import { roles, type Role } from '../../lib/topology.ts'
import { databaseUnreachable } from '../setup/database-unreachable.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'

/** The roles whose journals operators look into. */
export type OperatedRole = 'push' | 'summary' | 'firehose'

/** What operators work on. */
export interface OpenServers {
  readonly client: Client
  /** Of the role's own database. */
  readonly pool: Pool
  /** With which the role seals what it keeps. */
  readonly clientKeys: ClientKeys
  /** Of the role's processes, where it has one. */
  readonly taskQueue: string
  /** What a client is granted, without secrets; `undefined` where there is no client of this name. */
  findClaims(clientId: string): Promise<Rights | undefined>
}

/** A command asks one thing after the other. */
const poolSize = 2

/**
 * Opens the database of a role and Temporal as an environment says, runs `work` and closes them. Throws, beside what `work`
 * throws, `IpsError('database-unreachable')`, retryable, and `IpsError('ROLE-never-started')` where there is no journal.
 */
export async function withServers<T>(
  environment: Environment,
  role: OperatedRole,
  work: (servers: OpenServers) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const setup = readSetup(environment)
  const config = readConfig(
    { ...postgresSettings, ...temporalSettings, ...tokenSettings },
    sharedEnvironment(setup),
  )
  const open = (database: string, more = {}) =>
    createPool({
      url: config.postgresUrl,
      database: config.postgresDatabasePrefix + database,
      size: poolSize,
      logger: pino({ level: 'silent' }),
      settings: more,
    })
  const { databases, taskQueue: queue = '' }: Role = roles[role]
  const pool = open(databases[0] ?? '', settings)
  const clients = open(roles.authorisation.databases[0])
  const client = createTemporalClient({
    address: config.temporalAddress,
    namespace: config.temporalNamespace,
  })
  try {
    return await work({
      client,
      pool,
      clientKeys: createClientKeys(clientKeysFolder(config.ipsKeysDirectory, role)),
      taskQueue: config.temporalTaskQueuePrefix + queue,
      findClaims: (clientId) => findClaims(clients, clientId),
    })
  } catch (error) {
    throw toOperatorError(error, role)
  } finally {
    await Promise.all([pool.end(), clients.end(), client.connection.close()])
  }
}

/** PostgreSQL's codes for a database and a table that do not exist. */
const missingCodes: ReadonlySet<unknown> = new Set(['3D000', '42P01'])

/** What stores say where PostgreSQL fails. */
const storeCodes = ['journal-unavailable', 'store-unavailable']

/** What operators can do about a store that fails, instead of what it was asked. */
function toOperatorError(error: unknown, role: OperatedRole): unknown {
  const isStore = error instanceof IpsError && storeCodes.includes(error.code)
  const { code } = Object(isStore ? error.cause : error) as { code?: unknown }
  if (missingCodes.has(code)) {
    return new IpsError(
      `${role}-never-started`,
      `there is no journal yet: the ${role} process creates it when it starts for the first time (./racc up)`,
      { cause: error },
    )
  }
  return isStore ? databaseUnreachable(code, error) : error
}
