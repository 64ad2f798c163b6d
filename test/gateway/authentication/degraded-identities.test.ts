import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setClientSuspended } from '../../../cli/clients/set-client-suspended.ts'
import { removeDeviceKey } from '../../../gateway/authentication/device-keys.ts'
import { eraseIdentity } from '../../../gateway/authentication/erase-identity.ts'
import { createAuthenticationTokenVerifier } from '../../../lib/token/create-authentication-tokens.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'
import {
  addTestDevice,
  assertionForm,
  authenticationPath,
  postForm,
  secretForm,
  type TestDevice,
} from '../../support/token-requests.ts'
import { until } from '../../support/until.ts'

/** The services of a test, and the way of their processes to the database; operators have another one. */
async function start(environment: Record<string, string>) {
  const target = new URL(process.env['POSTGRES_URL'] ?? '')
  const way = await startTcpProxy(target.hostname, Number(target.port))
  target.port = String(way.port)
  const services = await startTokenServices({ ...environment, POSTGRES_URL: target.toString() })
  const ask = (form: Record<string, string>) =>
    postForm(`${services.baseUrl}${authenticationPath}`, form)
  await until('the schema is there', async () => {
    const { status } = await ask(secretForm({ clientId: 'nobody', clientSecret: 'wrong' }))
    return status === 401
  })
  return { services, way, ask }
}

type Ask = Awaited<ReturnType<typeof start>>['ask']

async function expectUnavailable(answer: ReturnType<Ask>): Promise<void> {
  const { status, headers, body } = await answer
  expect({ status, body }).toEqual({
    status: 503,
    body: { error: 'temporarily_unavailable', error_description: expect.any(String) },
  })
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
}

describe('while the identities are away, and it is configured', () => {
  let services: TokenServices
  let way: TcpProxy
  let ask: Ask
  beforeAll(async () => {
    const started = await start({
      ...{ AUTHENTICATION_DEGRADED: 'true', AUTHENTICATION_DEGRADED_REFRESH_SECONDS: '1' },
    })
    services = started.services
    way = started.way
    ask = started.ask
  })
  afterAll(async () => {
    await services.stop()
    await way.close()
  })

  const create = async (name: string) => {
    const client = await services.createClient({ name })
    return {
      client,
      device: await addTestDevice(services.administration.authentication, name),
    }
  }
  const succeed = async (device: TestDevice) =>
    expect((await ask(await assertionForm(device))).status).toBe(200)
  const whileAway = async (work: () => Promise<void>) => {
    way.cut()
    try {
      await work()
    } finally {
      way.mend()
    }
  }
  /** Pools notice a broken connection by using it. */
  const untilBack = async () => {
    const { device } = await create(`back-${Date.now()}`)
    await until('the database is used again', async () => {
      const { status, body } = await ask(await assertionForm(device))
      return status === 200 && body['degraded'] === undefined
    })
  }

  test('a device that was seen before gets a short token that says what it is', async () => {
    const { device } = await create('seen')
    await succeed(device)
    await whileAway(async () => {
      const { status, body } = await ask(await assertionForm(device))
      expect({ status, body }).toEqual({
        status: 200,
        body: {
          ...{ access_token: expect.any(String), token_type: 'Bearer', expires_in: 120 },
          degraded: true,
        },
      })
      const { directory, issuer } = services.keys
      const verifier = createAuthenticationTokenVerifier({ keysDirectory: directory, issuer })
      await expect(
        verifier.verify(String(body['access_token']), new Date()),
      ).resolves.toStrictEqual({ clientId: 'seen', degraded: true })
    })
    const metrics = await services.metrics.metrics()
    expect(metrics).toMatch(/ips_authentication_total\{result="issued_degraded",.*\} 1/)
    expect(services.log.join('')).toMatch(/"degraded":true.*request\.answered/)
    await untilBack()
    const { status, body } = await ask(await assertionForm(device))
    expect([status, body['degraded']]).toEqual([200, undefined])
  })

  test('each assertion counts once: before, while and after', async () => {
    const { device } = await create('replaying')
    const before = await assertionForm(device)
    expect((await ask(before)).status).toBe(200)
    const meanwhile = await assertionForm(device)
    await whileAway(async () => {
      expect((await ask(before)).status).toBe(401)
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(meanwhile)))
      expect(answers.map(({ status }) => status).sort()).toEqual([
        200,
        ...Array.from({ length: 7 }, () => 401),
      ])
    })
    await untilBack()
    expect((await ask(meanwhile)).status).toBe(401)
  })

  test('nobody else gets one', async () => {
    const known = await create('known')
    await succeed(known.device)
    const unseen = await create('unseen')
    const suspended = await create('suspended')
    await succeed(suspended.device)
    const second = await addTestDevice(services.administration.authentication, 'suspended')
    await succeed(second)
    await setClientSuspended(services.administration, { clientId: 'suspended', suspended: true })
    // The process learns it by one of its keys; it counts for the other one too.
    expect((await ask(await assertionForm(suspended.device))).status).toBe(401)
    const forger = await addTestDevice(services.administration.authentication, 'unseen')
    await whileAway(async () => {
      await expectUnavailable(ask(await assertionForm(unseen.device)))
      await expectUnavailable(ask(await assertionForm(suspended.device)))
      await expectUnavailable(ask(await assertionForm(second)))
      await expectUnavailable(ask(secretForm(known.client)))
      await expectUnavailable(ask(await assertionForm({ ...known.device, kid: forger.kid })))
      const forged = { ...known.device, privateKey: forger.privateKey }
      expect((await ask(await assertionForm(forged))).status).toBe(401)
      expect((await ask(await assertionForm(known.device, { aud: 'elsewhere' }))).status).toBe(401)
      expect((await ask(await assertionForm(known.device))).status).toBe(200)
    })
    await untilBack()
  })

  test('nobody gets one who was suspended, erased or lost its key before, though it did not come since', async () => {
    const names = ['quietly-suspended', 'quietly-erased', 'quietly-keyless'] as const
    const devices = await Promise.all(names.map(async (name) => (await create(name)).device))
    for (const device of devices) await succeed(device)
    const { authentication } = services.administration
    const [suspended, erased, keyless] = names
    await setClientSuspended(services.administration, { clientId: suspended, suspended: true })
    await eraseIdentity(authentication, erased)
    const [, , device] = devices
    await removeDeviceKey(authentication, { clientId: keyless, kid: device?.kid ?? '' })
    await until('what is remembered was asked again', async () => {
      let all = true
      await whileAway(async () => {
        for (const it of devices) all &&= (await ask(await assertionForm(it))).status === 503
      })
      return all
    })
    await untilBack()
  })
})

test('without that setting nobody gets a token while the identities are away, and all do afterwards', async () => {
  const { services, way, ask } = await start({})
  const client = await services.createClient({ name: 'plain' })
  const device = await addTestDevice(services.administration.authentication, 'plain')
  expect((await ask(await assertionForm(device))).status).toBe(200)
  way.cut()
  await expectUnavailable(ask(await assertionForm(device)))
  await expectUnavailable(ask(secretForm(client)))
  way.mend()
  await until('the database is used again', async () => {
    return (await ask(await assertionForm(device))).status === 200
  })
  await services.stop()
  await way.close()
})

test('nobody gets one when what is remembered has become too old', async () => {
  const { services, way, ask } = await start({
    ...{ AUTHENTICATION_DEGRADED: 'true', AUTHENTICATION_DEGRADED_MAX_SECONDS: '1' },
  })
  await services.createClient({ name: 'aged' })
  const device = await addTestDevice(services.administration.authentication, 'aged')
  expect((await ask(await assertionForm(device))).status).toBe(200)
  way.cut()
  await until('it is too old', async () => (await ask(await assertionForm(device))).status === 503)
  await expectUnavailable(ask(await assertionForm(device)))
  way.mend()
  await services.stop()
  await way.close()
})
