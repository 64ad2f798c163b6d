import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import {
  authenticationDatabase,
  authenticationMigrations,
  authenticationSettings,
  mountAuthentication,
} from '../../../gateway/authentication/mount-authentication.ts'
import { createIdentity } from '../../../gateway/authentication/identities.ts'
import { createApp, listen, type App } from '../../../gateway/create-app.ts'
import type { MountedService } from '../../../gateway/mounted-service.ts'
import { readConfig } from '../../../lib/config/settings.ts'
import { createMetrics } from '../../../lib/telemetry/create-metrics.ts'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'
import { createTestKeys, type TestKeys } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'

/** A way to the database that can be cut, or swallow everything. */
function createWay(target: { hostname: string; port: string }) {
  const sockets = new Set<Socket>()
  const state = { frozen: false }
  const server = createServer((socket) => {
    const onward = connect(Number(target.port), target.hostname)
    for (const it of [socket, onward]) {
      sockets.add(it)
      it.on('error', () => undefined).on('close', () => sockets.delete(it))
    }
    socket.on('data', (data) => state.frozen || onward.write(data))
    onward.on('data', (data) => state.frozen || socket.write(data))
  })
  const open = (port: number) =>
    new Promise<number>((resolve) => {
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    })
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  const freeze = (frozen: boolean) => {
    state.frozen = frozen
  }
  return { open, cut, freeze }
}

describe('mountAuthentication', () => {
  let keys: TestKeys
  let databases: TestDatabases
  let app: App
  let service: MountedService
  let baseUrl: string
  let port: number
  let way: ReturnType<typeof createWay>

  beforeAll(async () => {
    keys = await createTestKeys()
    databases = createTestDatabases()
    const target = new URL(databases.url)
    way = createWay(new URL(databases.url))
    port = await way.open(0)
    await way.cut()
    target.port = String(port)
    const logger = pino({ level: 'silent' })
    const metrics = createMetrics('authentication')
    app = createApp({ logger, metrics })
    const config = readConfig(authenticationSettings, {
      IPS_KEYS_DIRECTORY: keys.directory,
      POSTGRES_URL: target.toString(),
      POSTGRES_DATABASE_PREFIX: databases.prefix,
      POSTGRES_POOL_SIZE: '2',
      // These tests wait by asking with wrong credentials.
      AUTHENTICATION_FAILURES_PER_MINUTE: '100000',
    })
    service = await mountAuthentication(app, { config, logger, metrics })
    baseUrl = `http://127.0.0.1:${await listen(app, { httpHost: '127.0.0.1', httpPort: 0 })}`
  })
  afterAll(async () => {
    await app.close()
    await service.stop()
    await way.cut().catch(() => undefined)
    await databases.drop()
    await keys.remove()
  })

  const request = (clientSecret = 'wrong') =>
    fetch(`${baseUrl}/authentication/v1/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'c1',
        client_secret: clientSecret,
      }),
    })
  const expectUnavailable = async () => {
    const response = await request()
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: expect.any(String),
    })
  }

  test('starts without its database, and says in its answers and its readiness that it waits', async () => {
    await expectUnavailable()
    expect(await service.readiness()).not.toEqual({ authentication: 'ok' })
  })

  test('serves soon after the database is there, its schema included', async () => {
    await way.open(port)
    await until(
      'the service is ready',
      async () => (await service.readiness())['authentication'] === 'ok',
    )
    const pool = await databases.createDatabase(authenticationDatabase, authenticationMigrations)
    const { secret } = await createIdentity(pool, 'c1', () => Promise.resolve())
    // The database is tried once a second: see `createStoreGuard`.
    await until('it serves', async () => (await request(secret)).status === 200)
    expect((await request()).status).toBe(401)
  })

  test('asks to come back while the database is away, and goes on afterwards', async () => {
    await way.cut()
    await expectUnavailable()
    await way.open(port)
    await until('the database is used again', async () => (await request()).status === 401)
  })

  test('does not wait for ever for a database that does not answer', async () => {
    way.freeze(true)
    await expectUnavailable()
    way.freeze(false)
    await until('the database is used again', async () => (await request()).status === 401)
  })
})
