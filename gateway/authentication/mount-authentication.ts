import path from 'node:path'
import { postgresSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import { boolean, integer, setting, type Config } from '../../lib/config/settings.ts'
import { createPool } from '../../lib/postgres/create-pool.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { Counter, type Registry } from '../../lib/telemetry/create-metrics.ts'
import { createAuthenticationTokenIssuer } from '../../lib/token/create-authentication-tokens.ts'
import { keySettings, startKeySchedule } from '../../lib/token/start-key-schedule.ts'
import type { App } from '../create-app.ts'
import { guardStore } from '../guard-store.ts'
import { httpSettings } from '../http-settings.ts'
import { migrateEventually } from '../migrate-eventually.ts'
import type { MountedService } from '../mounted-service.ts'
import { tokenEndpointSettings } from '../register-token-endpoint.ts'
import { createAssertionCheck } from './check-assertion.ts'
import { createCredentialsCheck } from './check-credentials.ts'
import { createAudit } from './create-audit.ts'
import { startDegradedIdentities } from './degraded-identities.ts'
import { registerAuthentication } from './register-authentication.ts'

export const authenticationSettings = {
  ...postgresSettings,
  ...tokenSettings,
  ...keySettings,
  ...tokenEndpointSettings,
  authenticationFailuresPerMinute: setting(
    integer(1, 1_000_000).default(100),
    'Wrong credentials that one address may show in the name of one client in a minute, and three times as many in all names; more is answered 429, before anything is asked or hashed. Each costs 60 ms of a core',
  ),
  authenticationDegraded: setting(
    boolean().default(false),
    'While the identities cannot be read: give devices whose key was confirmed a moment before a token that says so, instead of answering 503',
  ),
  authenticationDegradedMaxSeconds: setting(
    integer(1, 86_400).default(3_600),
    'No such token for a key that was last confirmed longer ago',
  ),
  authenticationDegradedRefreshSeconds: setting(
    integer(1, 3_600).default(10),
    'Known keys are asked for again so often: a suspension counts in an outage that begins so much later, and at once where the client came since',
  ),
  auditRetentionDays: setting(
    integer(1, 3_650).default(90),
    'How long it is kept what was decided about clients',
  ),
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
  const guard = guardStore({ service: 'authentication', logger, metrics })
  const audit = createAudit({ pool, days: config.auditRetentionDays, logger, now })
  const degraded = config.authenticationDegraded
    ? startDegradedIdentities({
        ...{ pool, logger, elapsedMs: () => performance.now() },
        maxSeconds: config.authenticationDegradedMaxSeconds,
        refreshSeconds: config.authenticationDegradedRefreshSeconds,
      })
    : undefined
  await registerAuthentication(app, {
    credentials: await createCredentialsCheck({ pool, guard, hashes: createHashCounter(metrics) }),
    checkAssertion: createAssertionCheck({ pool, guard, degraded }),
    audit,
    issuer: config.tokenIssuer,
    publicUrl: config.publicUrl,
    tokens: createAuthenticationTokenIssuer({ keysDirectory, issuer: config.tokenIssuer }),
    metrics,
    tokensPerMinute: config.tokensPerMinute,
    failuresPerMinute: config.authenticationFailuresPerMinute,
    now,
  })
  return {
    readiness: () => ({ authentication: migration.state() }),
    async stop() {
      await keySchedule.stop()
      await migration.stop()
      await degraded?.stop()
      await audit.stop()
      await pool.end()
    },
  }
}

const now = () => new Date()

function createHashCounter(metrics: Registry): Counter {
  return new Counter({
    name: 'ips_authentication_hashes_total',
    help: 'Memory-hard hashes of secrets: about 60 ms of a core each',
    registers: [metrics],
  })
}
