import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { NewClient } from '../../../cli/clients/create-client.ts'
import { rotateSecret } from '../../../gateway/authentication/identities.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'
import {
  addTestDevice,
  assertionForm,
  authenticationPath,
  postForm,
  secretForm,
  type TokenAnswer,
} from '../../support/token-requests.ts'

const tokensPerMinute = 5
const failuresPerMinute = 4
const home = '127.0.0.1'
const elsewhere = (n: number) => `192.0.2.${n}`

// Minutes are counted by it, and stand still: no slow machine ends one within a test.
const clock = jest.spyOn(Date, 'now')

let services: TokenServices
beforeAll(async () => {
  services = await startTokenServices({
    TOKENS_PER_MINUTE: String(tokensPerMinute),
    AUTHENTICATION_FAILURES_PER_MINUTE: String(failuresPerMinute),
  })
  clock.mockReturnValue(Date.now())
})
afterAll(() => services.stop())

const ask = (form: Record<string, string>, from = home) =>
  postForm(`${services.baseUrl}${authenticationPath}`, form, from)

const guess = (clientId: string) =>
  secretForm({ clientId, clientSecret: `ips.${'0'.repeat(12)}.${'1'.repeat(64)}` })

async function times(count: number, work: () => Promise<TokenAnswer>): Promise<number[]> {
  const statuses = []
  for (let n = 0; n < count; n += 1) statuses.push((await work()).status)
  return statuses
}

const repeated = (status: number, count: number) => Array.from({ length: count }, () => status)

async function hashes(): Promise<number> {
  const metric = await services.metrics.getSingleMetric('ips_authentication_hashes_total')?.get()
  return metric?.values[0]?.value ?? 0
}

function expectSlowDown({ status, headers, body }: TokenAnswer): void {
  expect({ status, body }).toEqual({
    status: 429,
    body: { error: 'slow_down', error_description: expect.any(String) },
  })
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60)
  expect(headers.get('cache-control')).toBe('no-store')
}

describe('a client over its rate', () => {
  let busy: NewClient
  beforeAll(async () => {
    busy = await services.createClient({ name: 'busy' })
    const all = await Promise.all(
      Array.from({ length: 3 * tokensPerMinute }, () => ask(secretForm(busy))),
    )
    const given = all.filter(({ status }) => status === 200)
    expect(given).toHaveLength(tokensPerMinute)
    for (const answer of all) if (answer.status !== 200) expectSlowDown(answer)
  })

  test('is told to come back, and costs no hash', async () => {
    const before = await hashes()
    for (let n = 0; n < 20; n += 1) expectSlowDown(await ask(secretForm(busy)))
    expect(await hashes()).toBe(before)
  })

  test('is for others as if it did not exist', async () => {
    const device = await addTestDevice(services.administration.authentication, 'busy')
    const other = await addTestDevice(services.administration.authentication, 'busy')
    const forged = await assertionForm({ ...device, privateKey: other.privateKey })
    expect((await ask(guess('busy'), elsewhere(2))).status).toBe(401)
    expect((await ask(forged, elsewhere(2))).status).toBe(401)
  })

  test('costs others nothing', async () => {
    const other = await services.createClient({ name: 'calm' })
    const flood = Promise.all(Array.from({ length: 100 }, () => ask(secretForm(busy))))
    expect(await times(tokensPerMinute, () => ask(secretForm(other)))).toEqual(
      repeated(200, tokensPerMinute),
    )
    for (const { status } of await flood) expect(status).toBe(429)
  })

  test('gets tokens again in the next minute', async () => {
    clock.mockReturnValue(Date.now() + 60_000)
    expect((await ask(secretForm(busy))).status).toBe(200)
  })

  test('is noted in the log with the reason', () => {
    const lines = services.log.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ msg: 'identity.token-refused', clientId: 'busy', reason: 'rate-exceeded' },
      }),
    )
  })
})

test('a device over its rate is told to come back', async () => {
  const { clientId } = await services.createClient({ name: 'camera' })
  const device = await addTestDevice(services.administration.authentication, clientId)
  const answers = []
  for (let n = 0; n < tokensPerMinute; n += 1)
    answers.push((await ask(await assertionForm(device))).status)
  expect(answers).toEqual(repeated(200, tokensPerMinute))
  const refused = await assertionForm(device)
  expectSlowDown(await ask(refused))
  clock.mockReturnValue(Date.now() + 60_000)
  // It was not used up.
  expect((await ask(refused)).status).toBe(200)
})

test('an assertion that somebody shows again takes nothing of the device’s rate', async () => {
  const { clientId } = await services.createClient({ name: 'overheard' })
  const device = await addTestDevice(services.administration.authentication, clientId)
  const form = await assertionForm(device)
  expect((await ask(form)).status).toBe(200)
  for (let n = 10; n < 10 + tokensPerMinute; n += 1)
    expect((await ask(form, elsewhere(n))).status).toBe(401)
  expect((await ask(await assertionForm(device))).status).toBe(200)
})

describe('whoever fails too often', () => {
  test('is refused before anything is hashed, in this name only', async () => {
    const from = elsewhere(20)
    expect(await times(failuresPerMinute, () => ask(guess('nobody'), from))).toEqual(
      repeated(401, failuresPerMinute),
    )
    const before = await hashes()
    for (let n = 0; n < 5; n += 1) expectSlowDown(await ask(guess('nobody'), from))
    expect(await hashes()).toBe(before)
    expect((await ask(guess('somebody'), from)).status).toBe(401)
  })

  test('in many names is refused in all of them', async () => {
    const from = elsewhere(21)
    const total = 3 * failuresPerMinute
    for (let n = 0; n < total; n += 1)
      expect((await ask(guess(`name-${n}`), from)).status).toBe(401)
    const before = await hashes()
    expectSlowDown(await ask(guess('another-name'), from))
    expect(await hashes()).toBe(before)
  })

  test('from a network of IPv6 is refused whatever its address there', async () => {
    for (let n = 0; n < failuresPerMinute; n += 1)
      expect((await ask(guess('nobody'), `2001:db8::${n}`)).status).toBe(401)
    expectSlowDown(await ask(guess('nobody'), '2001:db8::ffff'))
    expect((await ask(guess('nobody'), '2001:db8:0:1::1')).status).toBe(401)
  })

  test('by many requests at once reaches no more hashes than by one after the other', async () => {
    const from = elsewhere(22)
    const before = await hashes()
    await Promise.all(Array.from({ length: 60 }, () => ask(guess('nobody'), from)))
    // Two are hashed at a time: each place may be taken again before the failure that had it is counted.
    expect((await hashes()) - before).toBeLessThanOrEqual(failuresPerMinute + 2)
  })

  test('keeps nobody else out, neither from elsewhere nor a known secret at the same address', async () => {
    const victim = await services.createClient({ name: 'victim' })
    expect((await ask(secretForm(victim))).status).toBe(200)
    for (const from of [home, elsewhere(23)]) {
      await times(failuresPerMinute, () => ask(guess('victim'), from))
      expectSlowDown(await ask(guess('victim'), from))
      expect((await ask(secretForm(victim), from)).status).toBe(200)
    }
    const unknownYet = await services.createClient({ name: 'victim-2' })
    await times(failuresPerMinute, () => ask(guess('victim-2'), elsewhere(24)))
    expect((await ask(secretForm(unknownYet))).status).toBe(200)
  })
})

test('a secret that was right before costs no hash, until it is another one', async () => {
  const client = await services.createClient({ name: 'regular' })
  expect((await ask(secretForm(client), elsewhere(30))).status).toBe(200)
  const before = await hashes()
  expect((await ask(secretForm(client), elsewhere(30))).status).toBe(200)
  expect(await hashes()).toBe(before)
  const changed = client.clientSecret.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  expect((await ask({ ...secretForm(client), client_secret: changed }, elsewhere(30))).status).toBe(
    401,
  )
  expect(await hashes()).toBe(before + 1)
})

test('a secret that was right once, and is not any more, reaches no more hashes than a guess', async () => {
  const former = await services.createClient({ name: 'rotated' })
  const from = elsewhere(31)
  expect((await ask(secretForm(former), from)).status).toBe(200)
  await rotateSecret(services.administration.authentication, 'rotated', 0)
  const before = await hashes()
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(secretForm(former), from)))
  for (const { status } of answers) expect([401, 429]).toContain(status)
  // Two are hashed at a time: the second may begin before the first is counted.
  expect((await hashes()) - before).toBeLessThanOrEqual(failuresPerMinute + 2)
})

test('a client over its rate is told to come back by authorisation too, and others are not', async () => {
  const [busy, calm] = [
    await services.createClient({ name: 'eager' }),
    await services.createClient({ name: 'patient' }),
  ]
  const [token, other] = [await services.authenticate(busy), await services.authenticate(calm)]
  for (let n = 0; n < tokensPerMinute; n += 1)
    expect((await services.exchange(token)).status).toBe(200)
  const refused = await services.exchange(token)
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({ error: 'slow_down' })
  expect((await services.exchange(other)).status).toBe(200)
})
