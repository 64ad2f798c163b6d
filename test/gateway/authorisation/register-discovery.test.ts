import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { compactVerify, importJWK, type JWK } from 'jose'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'

describe('what everybody may know', () => {
  let services: TokenServices
  beforeAll(async () => {
    services = await startTokenServices()
  })
  afterAll(() => services.stop())

  const get = async (path: string) => {
    const response = await fetch(`${services.baseUrl}${path}`)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  test('has the keys with which authentication tokens are verified', async () => {
    const client = await services.createClient({ name: 'c1' })
    const token = await services.authenticate(client)
    const { status, body } = await get('/.well-known/jwks.json')
    expect(status).toBe(200)
    const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as {
      kid: string
    }
    const jwk = (body['keys'] as JWK[]).find(({ kid }) => kid === header.kid)
    expect(jwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' })
    await expect(compactVerify(token, await importJWK(jwk ?? {}))).resolves.toBeDefined()
    expect(JSON.stringify(body)).not.toContain('"d"')
  })

  test('says where tokens are to be had', async () => {
    const { body } = await get('/.well-known/oauth-authorization-server')
    expect(body).toMatchObject({
      issuer: 'ips',
      token_endpoint: `${services.baseUrl}/authentication/v1/token`,
      token_exchange_endpoint: `${services.baseUrl}/authorisation/v1/token`,
      jwks_uri: `${services.baseUrl}/.well-known/jwks.json`,
    })
  })

  test('has the public key of a client’s webhooks', async () => {
    const client = await services.createClient({ name: 'c2' })
    expect(await get('/push/v1/keys/c2')).toEqual({
      status: 200,
      body: { keys: [client.webhookPublicKey] },
    })
  })

  test.each(['nobody', '%00', '..%2f', 'a'.repeat(200)])(
    'has no key of a client that does not exist: %p',
    async (id) => {
      const { status, body } = await get(`/push/v1/keys/${id}`)
      expect([status, body['code']]).toEqual([404, 'client-unknown'])
    },
  )
})
