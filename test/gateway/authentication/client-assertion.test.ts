import { randomUUID } from 'node:crypto'
import { request, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { addDeviceKey, removeDeviceKey } from '../../../gateway/authentication/device-keys.ts'
import { readDeviceKey } from '../../../lib/token/read-device-key.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'

const path = '/authentication/v1/token'
const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const algorithms = ['EdDSA', 'ES256'] as const

interface Device {
  readonly alg: (typeof algorithms)[number]
  readonly kid: string
  readonly privateKey: CryptoKey
}

let services: TokenServices
let device: Device
beforeAll(async () => {
  services = await startTokenServices()
  for (const name of ['camera', 'other']) await services.createClient({ name })
  device = await addDevice('camera')
})
afterAll(() => services.stop())

async function addDevice(clientId: string, alg: Device['alg'] = 'EdDSA'): Promise<Device> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const { kid, jwk } = await readDeviceKey(await exportSPKI(publicKey))
  await addDeviceKey(services.administration.authentication, { clientId, kid, jwk })
  return { alg, kid, privateKey }
}

/** An assertion as a device makes it, but for some members. */
function assert(
  { alg, kid, privateKey }: Device,
  members: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({
    ...{ iss: 'camera', sub: 'camera', aud: `${services.baseUrl}${path}` },
    ...{ exp: now + 60, iat: now, jti: randomUUID(), ...members },
  })
    .setProtectedHeader({ alg, kid, typ: 'JWT', ...header })
    .sign(privateKey)
}

const show = (assertion: string, form: Record<string, string> = {}) =>
  services.post(path, {
    ...{ grant_type: 'client_credentials', client_assertion: assertion },
    ...{ client_assertion_type: type, ...form },
  })

const resultOf = async (answer: Promise<Response>) => {
  const response = await answer
  const { error } = (await response.json()) as { error?: string }
  return error === undefined ? response.status : `${response.status} ${error}`
}

const later = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

describe('a device', () => {
  test.each(algorithms)('shows who it is by what its key signs with %s', async (alg) => {
    const other = await addDevice('camera', alg)
    const response = await show(await assert(other), { client_id: 'camera' })
    expect(response.status).toBe(200)
    const { access_token: token } = (await response.json()) as { access_token: string }
    expect((await services.exchange(token)).status).toBe(200)
  })

  test.each(['ips', 'ips/authentication'])('may name %s as the audience', async (aud) => {
    expect(await resultOf(show(await assert(device, { aud: ['elsewhere', aud] })))).toBe(200)
  })

  test('uses each assertion once, however many arrive at once', async () => {
    const assertion = await assert(device)
    const results = await Promise.all(Array.from({ length: 10 }, () => resultOf(show(assertion))))
    expect(results.filter((result) => result === 200)).toHaveLength(1)
    expect(new Set(results)).toEqual(new Set([200, '401 invalid_client']))
  })

  test('is nobody when its key is taken away', async () => {
    const former = await addDevice('camera')
    await removeDeviceKey(services.administration.authentication, {
      ...{ clientId: 'camera', kid: former.kid },
    })
    expect(await resultOf(show(await assert(former)))).toBe('401 invalid_client')
  })
})

describe('an assertion is refused', () => {
  const cases: readonly [string, Record<string, unknown>][] = [
    ['for somebody else', { aud: 'https://elsewhere.example/token' }],
    ['by one client about another', { iss: 'other' }],
    ['about a client that has no such key', { iss: 'other', sub: 'other' }],
    ['about nobody', { iss: 'nobody', sub: 'nobody' }],
    ['that has expired', { exp: later(-31) }],
    ['that lives too long', { exp: later(400) }],
    ['of the future', { iat: later(60) }],
    ['without an expiry', { exp: undefined }],
    ['without an id', { jti: undefined }],
    ['with an id that no database holds', { jti: 'a\u0000b' }],
    ['with an id that is too long', { jti: 'a'.repeat(129) }],
    ['without an audience', { aud: undefined }],
  ]
  test.each(cases)('%s', async (_what, members) => {
    const answer = show(await assert(device, members))
    expect(await resultOf(answer)).toBe('401 invalid_client')
  })

  test('for somebody else, also where whoever presents it says that this is us', async () => {
    const assertion = await assert(device, { aud: `http://elsewhere.example${path}` })
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const form = { grant_type: 'client_credentials', client_assertion: assertion }
      const headers = {
        host: 'elsewhere.example',
        'content-type': 'application/x-www-form-urlencoded',
      }
      const sent = request(`${services.baseUrl}${path}`, { method: 'POST', headers }, resolve)
      sent.on('error', reject)
      sent.end(new URLSearchParams({ ...form, client_assertion_type: type }).toString())
    })
    answer.resume()
    expect(answer.statusCode).toBe(401)
  })

  test('that names another key of its client, or another algorithm', async () => {
    const second = await addDevice('camera', 'ES256')
    const crossed = await assert(device, {}, { kid: second.kid })
    expect(await resultOf(show(crossed))).toBe('401 invalid_client')
  })

  test('that is signed with a public key as a shared secret, or not at all', async () => {
    const { publicKey } = await generateKeyPair('EdDSA', { extractable: true })
    const { kid, jwk } = await readDeviceKey(JSON.stringify(await exportJWK(publicKey)))
    await addDeviceKey(services.administration.authentication, { clientId: 'camera', kid, jwk })
    const [, body = ''] = (await assert(device)).split('.')
    const head = (alg: string) => Buffer.from(JSON.stringify({ alg, kid })).toString('base64url')
    for (const forged of [`${head('none')}.${body}.`, `${head('HS256')}.${body}.${'A'.repeat(43)}`])
      expect(await resultOf(show(forged))).toBe('401 invalid_client')
  })

  test('when any of its characters is another one', async () => {
    const assertion = await assert(device)
    const places = fc.nat(assertion.length - 1)
    await fc.assert(
      fc.asyncProperty(places, fc.constantFrom('A', 'z', '0', '-', '.', '='), async (at, other) => {
        fc.pre(assertion[at] !== other)
        const changed = assertion.slice(0, at) + other + assertion.slice(at + 1)
        expect(await resultOf(show(changed))).toBe('401 invalid_client')
      }),
      { numRuns: 60 },
    )
    expect(await resultOf(show(assertion))).toBe(200)
  })

  test('whatever text it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 300 }), async (text) => {
        expect(await resultOf(show(text))).toBe('401 invalid_client')
      }),
      { numRuns: 60 },
    )
  })

  test('beside other credentials, for another client id, or without its type', async () => {
    const assertion = await assert(device)
    expect(await resultOf(show(assertion, { client_secret: 'secret' }))).toBe('400 invalid_request')
    expect(await resultOf(show(assertion, { client_assertion_type: '' }))).toBe(
      '400 invalid_request',
    )
    expect(await resultOf(show(assertion, { client_id: 'other' }))).toBe('401 invalid_client')
  })
})
