import { pino } from 'pino'
import {
  authenticationDatabase,
  authenticationMigrations,
  authenticationSettings,
  mountAuthentication,
} from '../../gateway/authentication/mount-authentication.ts'
import {
  authorisationDatabase,
  authorisationMigrations,
  authorisationSettings,
  mountAuthorisation,
  secretBoxDirectory,
} from '../../gateway/authorisation/mount-authorisation.ts'
import { createApp, listen } from '../../gateway/create-app.ts'
import { createClient, type NewClient } from '../../cli/clients/create-client.ts'
import type { Administration } from '../../cli/clients/with-administration.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { createMetrics, type Registry } from '../../lib/telemetry/create-metrics.ts'
import { createSecretBox } from '../../lib/token/create-secret-box.ts'
import { createTestDatabases, type TestDatabases } from './postgres.ts'
import { createTestKeys, type TestKeys } from './tokens.ts'

/** Both token services at work on a real database, with what administers their clients. */
export interface TokenServices {
  readonly baseUrl: string
  readonly keys: TestKeys
  readonly metrics: Registry
  /** Every log event so far, as it was written. */
  readonly log: string[]
  readonly administration: Administration
  createClient(client: Parameters<typeof createClient>[1]): Promise<NewClient>
  /** POSTs a form. */
  post(
    path: string,
    form: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Response>
  /** Gives the authentication token of a client. */
  authenticate(client: NewClient): Promise<string>
  /** Exchanges an authentication token. */
  exchange(subjectToken: string, form?: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

/** What the tests of a file ask comes from one address, and for few clients. */
const withoutLimits = {
  TOKENS_PER_MINUTE: '1000000',
  AUTHENTICATION_FAILURES_PER_MINUTE: '1000000',
}

/** Creates the databases of both services, for whoever administers their clients. */
export async function createTestAdministration(
  databases: TestDatabases,
  keys: TestKeys,
): Promise<Administration> {
  return {
    authentication: await databases.createDatabase(
      authenticationDatabase,
      authenticationMigrations,
    ),
    authorisation: await databases.createDatabase(authorisationDatabase, authorisationMigrations),
    box: await createSecretBox(secretBoxDirectory(keys.directory)),
  }
}

/** Starts both services in this process, on a free port. `environment` is read as a process's would be. */
export async function startTokenServices(
  environment: Readonly<Record<string, string>> = {},
): Promise<TokenServices> {
  const keys = await createTestKeys()
  const databases = createTestDatabases()
  const administration = await createTestAdministration(databases, keys)
  const log: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) })
  const metrics = createMetrics('gateway')
  const config = readConfig(
    { ...authenticationSettings, ...authorisationSettings },
    {
      IPS_KEYS_DIRECTORY: keys.directory,
      TOKEN_ISSUER: keys.issuer,
      POSTGRES_URL: databases.url,
      POSTGRES_DATABASE_PREFIX: databases.prefix,
      POSTGRES_POOL_SIZE: '4',
      ...withoutLimits,
      ...environment,
    },
  )
  // So that tests can say where a request comes from.
  const app = createApp({ logger, metrics, trustedProxies: ['127.0.0.1'] })
  const services = [
    await mountAuthentication(app, { config, logger, metrics }),
    await mountAuthorisation(app, { config, logger, metrics }),
  ]
  const port = await listen(app, { httpHost: '127.0.0.1', httpPort: 0 })
  const baseUrl = `http://127.0.0.1:${port}`

  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${baseUrl}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) })
  return {
    baseUrl,
    keys,
    metrics,
    log,
    administration,
    post,
    createClient: (client) => createClient(administration, client),
    async authenticate({ clientId, clientSecret }) {
      const response = await post('/authentication/v1/token', {
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      })
      return ((await response.json()) as { access_token: string }).access_token
    },
    exchange: (subjectToken, form = {}) =>
      post('/authorisation/v1/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: subjectToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        ...form,
      }),
    async stop() {
      await app.close()
      for (const service of services) await service.stop()
      await databases.drop()
      await keys.remove()
    },
  }
}
