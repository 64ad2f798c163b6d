import { pino } from 'pino'
import { isKnownClient } from '../../gateway/authorisation/grants.ts'
import { postgresSettings, temporalSettings } from '../../lib/config/common-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import { createTemporalClient } from '../../lib/temporal/connect-temporal.ts'
import { roles } from '../../lib/topology.ts'
import { journalPoolSettings } from '../../workers/push/journal/journal-pool-settings.ts'
import { readAddresses } from '../setup/addresses.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { createOperatorJournal } from './operator-journal.ts'
import type { Operations } from './operations.ts'

/** A command asks one thing after the other. */
const poolSize = 2

/**
 * Opens the journal of push and Temporal as an environment says, runs `work` and closes them. Throws, beside what `work`
 * throws, `IpsError('database-unreachable')`, retryable, and `IpsError('push-never-started')` where there is no journal.
 */
export async function withOperations<T>(
  environment: Environment,
  work: (operations: Operations) => Promise<T>,
): Promise<T> {
  const setup = readSetup(environment)
  const config = readConfig(
    { ...postgresSettings, ...temporalSettings },
    sharedEnvironment(setup, readAddresses(setup)),
  )
  const open = (database: string, settings = {}) =>
    createPool({
      url: config.postgresUrl,
      database: config.postgresDatabasePrefix + database,
      size: poolSize,
      logger: pino({ level: 'silent' }),
      settings,
    })
  const journal = open(roles.push.databases[0], journalPoolSettings)
  const clients = open(roles.authorisation.databases[0])
  const client = createTemporalClient({
    address: config.temporalAddress,
    namespace: config.temporalNamespace,
  })
  try {
    return await work({
      client,
      journal: createOperatorJournal(journal),
      taskQueue: config.temporalTaskQueuePrefix + roles.push.taskQueue,
      isClient: (clientId) => isKnownClient(clients, clientId),
      now: Date.now,
    })
  } catch (error) {
    throw toOperatorError(error)
  } finally {
    await Promise.all([journal.end(), clients.end(), client.connection.close()])
  }
}

/** PostgreSQL's codes for a database and a table that do not exist. */
const missingCodes: ReadonlySet<unknown> = new Set(['3D000', '42P01'])

/** What operators can do about a store that fails, instead of what it was asked. */
function toOperatorError(error: unknown): unknown {
  const storeCodes = ['journal-unavailable', 'store-unavailable']
  if (!(error instanceof IpsError) || !storeCodes.includes(error.code)) return error
  const { code } = Object(error.cause) as { code?: unknown }
  if (missingCodes.has(code)) {
    return new IpsError(
      'push-never-started',
      'there is no journal yet: the push process creates it when it starts for the first time (./racc up)',
      { cause: error },
    )
  }
  const reason = typeof code === 'string' ? ` (${code})` : ''
  return new IpsError('database-unreachable', `PostgreSQL does not answer${reason}: is it up?`, {
    retryable: true,
    cause: error,
  })
}
