import { pino } from 'pino'
import {
  authenticationDatabase,
  authenticationMigrations,
} from '../../gateway/authentication/mount-authentication.ts'
import {
  authorisationDatabase,
  authorisationMigrations,
  secretBoxDirectory,
} from '../../gateway/authorisation/mount-authorisation.ts'
import { postgresSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { createPool, type Pool } from '../../lib/postgres/create-pool.ts'
import { migrate } from '../../lib/postgres/migrate.ts'
import { createSecretBox, type SecretBox } from '../../lib/token/create-secret-box.ts'
import { databaseUnreachable } from '../setup/database-unreachable.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'

/** What administering clients needs: the databases of both services, and the keys of the secrets in one of them. */
export interface Administration {
  readonly authentication: Pool
  readonly authorisation: Pool
  readonly box: SecretBox
}

/** A command runs one statement at a time, but a creation holds a transaction open in one database meanwhile. */
const poolSize = 2

/**
 * Opens both databases, brings their schemas up to date, runs `work` and closes them. Throws
 * `IpsError('database-unreachable')` where PostgreSQL does not answer.
 */
export async function withAdministration<T>(
  environment: Readonly<Record<string, string | undefined>>,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  const config = readConfig({ ...postgresSettings, ...tokenSettings }, environment)
  const logger = pino({ level: 'silent' })
  const open = async (name: string, directory: string): Promise<Pool> => {
    const database = `${config.postgresDatabasePrefix}${name}`
    await migrate({ url: config.postgresUrl, database, directory, logger }).catch(unreachable)
    return createPool({ url: config.postgresUrl, database, size: poolSize, logger })
  }
  const box = await createSecretBox(secretBoxDirectory(config.ipsKeysDirectory))
  const authentication = await open(authenticationDatabase, authenticationMigrations)
  const authorisation = await open(authorisationDatabase, authorisationMigrations)
  try {
    return await work({ authentication, authorisation, box })
  } finally {
    await authentication.end()
    await authorisation.end()
  }
}

/** The same, for the set-up that an environment says. */
export function administer<T>(
  environment: Environment,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  const setup = readSetup(environment)
  return withAdministration(sharedEnvironment(setup), work)
}

function unreachable(cause: unknown): never {
  throw databaseUnreachable((Object(cause) as { code?: unknown }).code, cause)
}
