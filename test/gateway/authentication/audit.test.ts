import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pino } from 'pino'
import { setClientSuspended } from '../../../cli/clients/set-client-suspended.ts'
import {
  addDecisions,
  listAuditEvents,
  removeOldAuditEvents,
} from '../../../gateway/authentication/audit-events.ts'
import { createAudit } from '../../../gateway/authentication/create-audit.ts'
import { describeIdentity } from '../../../gateway/authentication/describe-identity.ts'
import { removeDeviceKey } from '../../../gateway/authentication/device-keys.ts'
import { eraseIdentity } from '../../../gateway/authentication/erase-identity.ts'
import { rotateSecret } from '../../../gateway/authentication/identities.ts'
import {
  authenticationDatabase,
  authenticationMigrations,
} from '../../../gateway/authentication/mount-authentication.ts'
import { createPool } from '../../../lib/postgres/create-pool.ts'
import { createTestDatabases } from '../../support/postgres.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'
import {
  addTestDevice,
  assertionForm,
  authenticationPath,
  secretForm,
} from '../../support/token-requests.ts'
import { until } from '../../support/until.ts'

let services: TokenServices
beforeAll(async () => {
  services = await startTokenServices()
})
afterAll(() => services.stop())

const pool = () => services.administration.authentication
const ask = (form: Record<string, string>) => services.post(authenticationPath, form)
const eventsOf = (clientId: string | undefined) => listAuditEvents(pool(), { clientId, limit: 100 })
const refused = async (form: Record<string, string>) => expect((await ask(form)).status).toBe(401)

/** Of a client: how often each decision was made for each reason. */
async function decisionsOf(clientId: string | undefined): Promise<Record<string, number>> {
  const decisions = (await eventsOf(clientId)).filter(({ event }) => event.includes('token'))
  const counts: Record<string, number> = {}
  for (const { event, reason, times } of decisions) {
    const name = `${event} ${reason}`.trim()
    counts[name] = (counts[name] ?? 0) + times
  }
  return counts
}

const untilDecisions = (clientId: string | undefined, expected: Record<string, number>) =>
  until(`decisions about ${clientId ?? 'nobody'}`, async () => {
    const all = await decisionsOf(clientId)
    return Object.entries(expected).every(([name, count]) => all[name] === count) && all
  })

describe('the audit', () => {
  test('says of secrets why each request ended as it did', async () => {
    const client = await services.createClient({ name: 'secrets' })
    expect((await ask(secretForm(client))).status).toBe(200)
    expect((await ask(secretForm(client))).status).toBe(200)
    const wrong = client.clientSecret.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    await refused(secretForm({ ...client, clientSecret: wrong }))
    await refused(secretForm({ ...client, clientSecret: 'guessed' }))
    await rotateSecret(pool(), 'secrets', 3_600)
    await pool().query(
      `UPDATE secrets SET expires_at = now() WHERE client_id = 'secrets' AND expires_at IS NOT NULL`,
    )
    await refused(secretForm(client))
    const all = await untilDecisions('secrets', { 'identity.token-refused secret-expired': 1 })
    expect(all).toEqual({
      'identity.token-issued': 2,
      'identity.token-refused secret-wrong': 1,
      'identity.token-refused secret-unknown': 1,
      'identity.token-refused secret-expired': 1,
    })
  })

  test('says of assertions why each request ended as it did', async () => {
    const { clientId } = await services.createClient({ name: 'device' })
    const device = await addTestDevice(pool(), clientId)
    const former = await addTestDevice(pool(), clientId)
    await removeDeviceKey(pool(), former)
    const form = await assertionForm(device)
    expect((await ask(form)).status).toBe(200)
    await refused(form)
    await refused(await assertionForm(device, { exp: 1_000 }))
    await refused(await assertionForm(device, { aud: 'elsewhere' }))
    await refused(await assertionForm(device, { jti: undefined }))
    await refused(await assertionForm({ ...device, kid: '' }))
    await refused(await assertionForm(former))
    const all = await untilDecisions('device', { 'identity.token-refused key-unknown': 1 })
    expect(all).toEqual({
      'identity.token-issued': 1,
      'identity.token-refused assertion-replayed': 1,
      'identity.token-refused assertion-expired': 1,
      'identity.token-refused assertion-invalid': 3,
      'identity.token-refused key-unknown': 1,
    })
    const issued = (await eventsOf('device')).find(({ event }) => event === 'identity.token-issued')
    expect(issued?.credential).toBe(device.kid)
  })

  test('keeps one row for any number of names that no client has', async () => {
    const name = fc.stringMatching(/^nobody-[a-z]{8}$/)
    const names = fc.sample(name, 12)
    for (const clientId of names) await refused(secretForm({ clientId, clientSecret: 'guessed' }))
    await until(
      'all are counted',
      async () =>
        (await decisionsOf(undefined))['identity.token-refused client-unknown'] === names.length,
    )
    const rows = await eventsOf(undefined)
    // An hour may have ended in between.
    expect(rows.length).toBeLessThanOrEqual(2)
    expect(services.log.join('')).toContain(names[0])
  })

  test('says what operators did, each at its time', async () => {
    const { clientId } = await services.createClient({ name: 'operated' })
    const device = await addTestDevice(pool(), clientId)
    await rotateSecret(pool(), clientId, 60)
    for (const suspended of [true, true, false])
      await setClientSuspended(services.administration, { clientId, suspended })
    await removeDeviceKey(pool(), device)
    const events = await eventsOf(clientId)
    expect(events.map(({ event }) => event).reverse()).toEqual([
      'identity.created',
      'identity.key-added',
      'identity.secret-rotated',
      'identity.suspended',
      'identity.resumed',
      'identity.key-removed',
    ])
    await eraseIdentity(pool(), clientId)
    expect((await eventsOf(clientId)).map(({ event }) => event)).toEqual(['identity.erased'])
    expect(await describeIdentity(pool(), clientId)).toMatchObject({ state: 'erased', keys: [] })
  })

  test('holds no secret, no hash and no assertion', async () => {
    const { rows } = await pool().query('SELECT * FROM audit_events')
    const text = JSON.stringify(rows) + services.log.join('')
    expect(rows.length).toBeGreaterThan(0)
    expect(text).not.toMatch(/ips\.[0-9a-f]{12}\.|scrypt|eyJ|guessed/)
  })

  test('forgets what is older than it should be', async () => {
    await services.createClient({ name: 'old' })
    await pool().query(
      `UPDATE audit_events SET slot = slot - interval '91 days' WHERE client_id = 'old'`,
    )
    expect(await removeOldAuditEvents(pool(), 90)).toBe(1)
    expect(await eventsOf('old')).toEqual([])
    expect((await eventsOf('secrets')).length).toBeGreaterThan(0)
  })
})

describe('addDecisions', () => {
  test('counts every decision once, in whatever parts they come', async () => {
    await services.createClient({ name: 'counted' })
    const reason = fc.constantFrom('secret-wrong', 'secret-expired')
    const minute = fc.integer({ min: 0, max: 180 })
    const parts = fc.array(fc.array(fc.tuple(reason, minute, fc.integer({ min: 1, max: 9 }))))
    await fc.assert(
      fc.asyncProperty(parts, async (all) => {
        await pool().query(`DELETE FROM audit_events WHERE client_id = 'counted'`)
        for (const part of all) {
          const decisions = part.map(([why, minutes, count]) => {
            const at = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000)
            return {
              ...{ event: 'identity.token-refused' as const, clientId: 'counted', reason: why },
              ...{ credential: '', times: count, firstAt: at, lastAt: at },
            }
          })
          await addDecisions(pool(), decisions)
        }
        const rows = await eventsOf('counted')
        const total = rows.reduce((sum, { times }) => sum + times, 0)
        expect(total).toBe(all.flat().reduce((sum, [, , count]) => sum + count, 0))
        const hours = new Set(all.flat().map(([why, at]) => `${why} ${Math.floor(at / 60)}`))
        expect(rows).toHaveLength(hours.size)
      }),
      { numRuns: 20 },
    )
  })
})

describe('createAudit', () => {
  test('keeps what it cannot write, within bounds, and writes it when the database is there', async () => {
    const databases = createTestDatabases()
    const logger = pino({ level: 'silent' })
    const database = `${databases.prefix}${authenticationDatabase}`
    const own = createPool({ url: databases.url, database, size: 1, logger })
    try {
      const audit = createAudit({ pool: own, days: 90, logger, now: () => new Date() })
      const event = 'identity.token-refused'
      for (let n = 0; n < 20_000; n += 1)
        audit.note({ event, clientId: `name-${n}`, reason: 'rate-exceeded' })
      await audit.stop()
      await databases.createDatabase(authenticationDatabase, authenticationMigrations)
      await audit.stop()
      const rows = await listAuditEvents(own, { clientId: undefined, limit: 100 })
      expect(rows.reduce((sum, { times }) => sum + times, 0)).toBe(20_000)
      // An hour may have ended in between.
      expect(rows.length).toBeLessThanOrEqual(2)
    } finally {
      await own.end()
      await databases.drop()
    }
  })
})

describe('a suspended client', () => {
  test('is refused by authentication as anybody who shows something wrong, until it is resumed', async () => {
    const client = await services.createClient({ name: 'suspended' })
    const device = await addTestDevice(pool(), client.clientId)
    const token = await services.authenticate(client)
    const suspend = (suspended: boolean) =>
      setClientSuspended(services.administration, { clientId: client.clientId, suspended })
    await suspend(true)
    const answers = [
      await ask(secretForm(client)),
      await ask(secretForm({ ...client, clientSecret: 'guessed' })),
    ]
    const [right, wrong] = await Promise.all(
      answers.map(async (it) => [it.status, it.headers.get('www-authenticate'), await it.text()]),
    )
    expect(right).toEqual(wrong)
    expect(right?.[0]).toBe(401)
    await refused(await assertionForm(device))
    const exchange = await services.exchange(token)
    expect([exchange.status, await exchange.json()]).toEqual([
      401,
      expect.objectContaining({ error: 'invalid_client' }),
    ])
    await suspend(false)
    expect((await ask(secretForm(client))).status).toBe(200)
    expect((await ask(await assertionForm(device))).status).toBe(200)
    await untilDecisions('suspended', { 'identity.token-refused client-suspended': 2 })
  })
})

describe('describeIdentity', () => {
  test('shows the ids and ends of secrets and keys, and neither secrets nor hashes', async () => {
    const client = await services.createClient({ name: 'described' })
    const device = await addTestDevice(pool(), client.clientId)
    const second = await rotateSecret(pool(), client.clientId, 3_600)
    const described = await describeIdentity(pool(), client.clientId)
    expect(described).toEqual({
      clientId: 'described',
      state: 'active',
      createdAt: expect.any(Date),
      secrets: [
        { secretId: second.split('.')[1], createdAt: expect.any(Date), expiresAt: null },
        {
          ...{ secretId: client.clientSecret.split('.')[1], createdAt: expect.any(Date) },
          expiresAt: expect.any(Date),
        },
      ],
      keys: [{ kid: device.kid, alg: 'EdDSA', createdAt: expect.any(Date) }],
    })
  })

  test('bounds how many secrets count at a time', async () => {
    const { clientId } = await services.createClient({ name: 'many-secrets' })
    for (let n = 1; n < 10; n += 1) await rotateSecret(pool(), clientId, 3_600)
    await expect(rotateSecret(pool(), clientId, 3_600)).rejects.toMatchObject({
      code: 'secrets-too-many',
    })
    await rotateSecret(pool(), clientId, 0)
    expect((await describeIdentity(pool(), clientId)).secrets).toHaveLength(1)
  })
})
