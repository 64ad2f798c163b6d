import path from 'node:path'
import { postgresSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import { integer, setting, type Config } from '../../lib/config/settings.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { Registry } from '../../lib/telemetry/create-metrics.ts'
import { createAuthenticationTokenVerifier } from '../../lib/token/create-authentication-tokens.ts'
import { createSecretBox } from '../../lib/token/create-secret-box.ts'
import { createTokenIssuer } from '../../lib/token/create-token-issuer.ts'
import { keySettings, startKeySchedule } from '../../lib/token/start-key-schedule.ts'
import type { App } from '../create-app.ts'
import { httpSettings } from '../http-settings.ts'
import { migrateEventually } from '../migrate-eventually.ts'
import type { MountedService } from '../mounted-service.ts'
import { tokenEndpointSettings } from '../register-token-endpoint.ts'
import { checkDegradation, degradationSettings } from './degradation/degradation-settings.ts'
import { startDegradation } from './degradation/start-degradation.ts'
import { registerAuthorisation } from './register-authorisation.ts'
import { registerDiscovery } from './register-discovery.ts'

export const authorisationSettings = {
  ...postgresSettings,
  ...tokenSettings,
  ...keySettings,
  authorisationTokenTtlSeconds: setting(
    integer(1, 86_400).default(3_600),
    'How long authorisation tokens live, less up to a tenth at random',
  ),
  ...degradationSettings,
  ...tokenEndpointSettings,
  publicUrl: httpSettings.publicUrl,
} as const

/** The service's database, before the configured prefix. */
export const authorisationDatabase = 'ips_authorisation'
export const authorisationMigrations = path.join(import.meta.dirname, 'migrations')

/** The folder of the keys that encrypt secrets in the database. */
export function secretBoxDirectory(keysDirectory: string): string {
  return path.join(keysDirectory, 'authorisation-secrets')
}

/**
 * Mounts the authorisation service on an app: generates its keys where there are none, and serves. Starts without its
 * database too, whose schema follows as soon as it is there.
 */
export async function mountAuthorisation(
  app: App,
  options: { config: Config<typeof authorisationSettings>; logger: Logger; metrics: Registry },
): Promise<MountedService> {
  const { config, logger, metrics } = options
  checkDegradation(config)
  const keysDirectory = config.ipsKeysDirectory
  const tokens = { keysDirectory, issuer: config.tokenIssuer }
  const keySchedule = await startKeySchedule({
    ...config,
    directory: keysDirectory,
    purposes: ['authorisation-signature', 'authorisation-encryption'],
    logger,
  })
  const box = await createSecretBox(secretBoxDirectory(keysDirectory))
  const at = {
    url: config.postgresUrl,
    database: `${config.postgresDatabasePrefix}${authorisationDatabase}`,
    logger,
  }
  const pool = createPool({ ...at, size: config.postgresPoolSize })
  const migration = migrateEventually({ ...at, directory: authorisationMigrations })
  const degradation = startDegradation({ config, pool, box, logger, metrics })
  await registerAuthorisation(app, {
    tokensPerMinute: config.tokensPerMinute,
    grants: degradation.grants,
    subjects: createAuthenticationTokenVerifier(tokens),
    tokens: createTokenIssuer(tokens),
    ttlSeconds: config.authorisationTokenTtlSeconds,
    degradedTtlSeconds: config.authorisationDegradedTtlSeconds,
    logger,
    metrics,
    now: () => new Date(),
    random: Math.random,
  })
  registerDiscovery(app, { ...tokens, pool, publicUrl: config.publicUrl })
  return {
    readiness: () => ({ authorisation: migration.state() }),
    async stop() {
      await keySchedule.stop()
      await degradation.stop()
      await migration.stop()
      await pool.end()
    },
  }
}
