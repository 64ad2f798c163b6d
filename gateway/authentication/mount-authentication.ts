import path from 'node:path'
import { postgresSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import type { Config } from '../../lib/config/settings.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { Registry } from '../../lib/telemetry/create-metrics.ts'
import { createAuthenticationTokenIssuer } from '../../lib/token/create-authentication-tokens.ts'
import { keySettings, startKeySchedule } from '../../lib/token/start-key-schedule.ts'
import type { App } from '../create-app.ts'
import { httpSettings } from '../http-settings.ts'
import { migrateEventually } from '../migrate-eventually.ts'
import type { MountedService } from '../mounted-service.ts'
import { createAssertionCheck } from './check-assertion.ts'
import { createCredentialsCheck } from './check-credentials.ts'
import { registerAuthentication } from './register-authentication.ts'

export const authenticationSettings = {
  ...postgresSettings,
  ...tokenSettings,
  ...keySettings,
  publicUrl: httpSettings.publicUrl,
} as const

/** The service's database, before the configured prefix. */
export const authenticationDatabase = 'ips_authentication'
export const authenticationMigrations = path.join(import.meta.dirname, 'migrations')

/**
 * Mounts the authentication service on an app: generates its keys where there are none, and serves. Starts without its
 * database too, whose schema follows as soon as it is there.
 */
export async function mountAuthentication(
  app: App,
  options: { config: Config<typeof authenticationSettings>; logger: Logger; metrics: Registry },
): Promise<MountedService> {
  const { config, logger, metrics } = options
  const keysDirectory = config.ipsKeysDirectory
  const keySchedule = await startKeySchedule({
    ...config,
    directory: keysDirectory,
    purposes: ['authentication-signature'],
    logger,
  })
  const at = {
    url: config.postgresUrl,
    database: `${config.postgresDatabasePrefix}${authenticationDatabase}`,
    logger,
  }
  const pool = createPool({ ...at, size: config.postgresPoolSize })
  const migration = migrateEventually({ ...at, directory: authenticationMigrations })
  await registerAuthentication(app, {
    checkCredentials: await createCredentialsCheck(pool),
    checkAssertion: createAssertionCheck(pool),
    issuer: config.tokenIssuer,
    publicUrl: config.publicUrl,
    tokens: createAuthenticationTokenIssuer({ keysDirectory, issuer: config.tokenIssuer }),
    metrics,
    now: () => new Date(),
  })
  return {
    readiness: () => ({ authentication: migration.state() }),
    async stop() {
      await keySchedule.stop()
      await migration.stop()
      await pool.end()
    },
  }
}
