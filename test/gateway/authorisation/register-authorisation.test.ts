import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { grantClaims, revokeClaims, setSuspended } from '../../../gateway/authorisation/grants.ts'
import type { NewClient } from '../../../cli/clients/create-client.ts'
import { createAuthenticationTokenIssuer } from '../../../lib/token/create-authentication-tokens.ts'
import { createWebhookSecret, isWebhookSecretKey } from '../../../lib/token/webhook-secret.ts'
import { createTestKeys } from '../../support/tokens.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'

const webhook = 'http://127.0.0.1:9999/hooks'

interface TokenBody {
  readonly access_token: string
  readonly expires_in: number
  readonly scope: string
}

describe('POST /authorisation/v1/token', () => {
  let services: TokenServices
  let client: NewClient
  let subject: string
  beforeAll(async () => {
    services = await startTokenServices()
    client = await services.createClient({ name: 'kiosk', webhook })
    subject = await services.authenticate(client)
  })
  afterAll(() => services.stop())

  const exchange = async (token = subject, form: Record<string, string> = {}) => {
    const response = await services.exchange(token, form)
    expect(response.status).toBe(200)
    const body = (await response.json()) as TokenBody
    const verified = await services.keys.createVerifier().verify(body.access_token, new Date())
    return { body, verified, response }
  }
  const errorOf = async (response: Response) => {
    const { error } = (await response.json()) as { error: string }
    expect(response.headers.get('cache-control')).toBe('no-store')
    return [response.status, error]
  }

  test('gives a token with every right of the client', async () => {
    const { body, verified, response } = await exchange()
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'faceextract-1.* firehose-1.* ingest-1.* ocr-* push-1 summary-1.*',
    })
    expect(verified).toMatchObject({ clientId: 'kiosk', degraded: false })
    expect(verified.rights).toEqual({
      'faceextract-1.*': true,
      'firehose-1.*': true,
      'ingest-1.*': true,
      'ocr-*': true,
      'summary-1.*': true,
      'push-1': { url: webhook, signature: 'v1', secret: client.webhookSecret },
    })
    const lifetime = (verified.expiresAt.getTime() - verified.issuedAt.getTime()) / 1_000
    expect(lifetime).toBe(body.expires_in)
  })

  test('shortens the life of tokens by up to a tenth, at random', async () => {
    const lives = new Set<number>()
    for (let count = 0; count < 8; count += 1) lives.add((await exchange()).body.expires_in)
    expect(lives.size).toBeGreaterThan(1)
    expect(Math.max(...lives)).toBeLessThanOrEqual(3_600)
    expect(Math.min(...lives)).toBeGreaterThan(3_240)
  })

  test('gives the client a secret with which webhooks are verified', async () => {
    const { verified } = await exchange()
    const { secret } = verified.rights['push-1'] as { secret: string }
    const timestamp = new Date()
    const signature = new Webhook(secret).sign('m1', timestamp, '{}')
    const headers = {
      'webhook-id': 'm1',
      'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1_000)),
      'webhook-signature': signature,
    }
    expect(new Webhook(client.webhookSecret).verify('{}', headers)).toEqual({})
  })

  test('leaves the claims that a scope names', async () => {
    const { body, verified } = await exchange(subject, { scope: 'ingest-1.0 ocr-1.* ocr-1.*' })
    expect(Object.keys(verified.rights).sort()).toEqual(['ingest-1.0', 'ocr-1.*'])
    expect(body.scope).toBe('ingest-1.0 ocr-1.*')
  })

  test('takes an empty scope as none', async () => {
    expect((await exchange(subject, { scope: '' })).body.scope).toContain('push-1')
  })

  test.each(['ingest-*', 'ingest-2.0', 'faceextract-2.*', 'ingest-1.0 push-2', 'openid', '*'])(
    'refuses the scope %p, which goes beyond the grants',
    async (scope) => {
      expect(await errorOf(await services.exchange(subject, { scope }))).toEqual([
        400,
        'invalid_scope',
      ])
    },
  )

  test('refuses a subject token that is not one', async () => {
    const { body } = await exchange()
    const others = await createTestKeys()
    const lifetimeSeconds = 600
    const foreign = await createAuthenticationTokenIssuer({
      keysDirectory: others.directory,
      issuer: 'ips',
    }).issue({ clientId: 'kiosk', issuedAt: new Date(), lifetimeSeconds })
    const expired = await createAuthenticationTokenIssuer({
      keysDirectory: services.keys.directory,
      issuer: services.keys.issuer,
    }).issue({ clientId: 'kiosk', issuedAt: new Date('2026-01-01T00:00:00Z'), lifetimeSeconds })
    for (const wrong of ['', 'x', `${subject}x`, body.access_token, foreign, expired]) {
      expect(await errorOf(await services.exchange(wrong))).toEqual([400, 'invalid_request'])
    }
    await others.remove()
  })

  test('refuses other types of grants and subjects', async () => {
    const grant = { grant_type: 'client_credentials' }
    expect(await errorOf(await services.exchange(subject, grant))).toEqual([
      400,
      'unsupported_grant_type',
    ])
    const type = { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }
    expect(await errorOf(await services.exchange(subject, type))).toEqual([400, 'invalid_request'])
  })

  test('refuses a suspended client until it is resumed', async () => {
    const { authorisation } = services.administration
    const suspended = await services.createClient({ name: 'suspended' })
    const token = await services.authenticate(suspended)
    await setSuspended(authorisation, { clientId: 'suspended', suspended: true })
    const response = await services.exchange(token)
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(await errorOf(response)).toEqual([401, 'invalid_client'])
    await setSuspended(authorisation, { clientId: 'suspended', suspended: false })
    await exchange(token)
  })

  test('refuses a client that has an identity but no record', async () => {
    const token = await createAuthenticationTokenIssuer({
      keysDirectory: services.keys.directory,
      issuer: services.keys.issuer,
    }).issue({ clientId: 'nobody', issuedAt: new Date(), lifetimeSeconds: 600 })
    expect(await errorOf(await services.exchange(token))).toEqual([401, 'invalid_client'])
  })

  test('follows grants and revocations at once', async () => {
    const { authorisation, box } = services.administration
    const changing = await services.createClient({ name: 'changing', claims: { 'ocr-*': true } })
    const token = await services.authenticate(changing)
    const claims = { 'ocr-*': { minConfidence: 0.2 }, 'ingest-1.*': { imagesPerSecond: 2 } }
    await grantClaims(authorisation, box, { clientId: 'changing', claims })
    expect((await exchange(token)).verified.rights).toEqual(claims)
    await revokeClaims(authorisation, { clientId: 'changing', claims: ['ocr-*'] })
    expect((await exchange(token)).body.scope).toBe('ingest-1.*')
    await revokeClaims(authorisation, { clientId: 'changing', claims: ['ingest-1.*'] })
    expect((await exchange(token)).verified.rights).toEqual({})
  })

  test('fills in the client’s own private key for v1a, and leaves a given secret as it is', async () => {
    const secret = createWebhookSecret()
    const asymmetric = { url: webhook, signature: 'v1a' }
    const own = await services.createClient({ name: 'own', claims: { 'push-1': asymmetric } })
    const given = await services.createClient({
      name: 'given',
      claims: { 'push-1': { url: webhook, secret, maxRate: 5 } },
    })
    const rightsOf = async (it: NewClient) =>
      (await exchange(await services.authenticate(it))).verified.rights['push-1'] as {
        secret: string
      }
    const ownClaim = await rightsOf(own)
    expect(ownClaim).toMatchObject(asymmetric)
    expect(isWebhookSecretKey(ownClaim.secret)).toBe(true)
    const publicKey = Buffer.from(ownClaim.secret.slice(5), 'base64').subarray(32)
    expect(own.webhookPublicKey).toBe(`whpk_${publicKey.toString('base64')}`)
    expect(await rightsOf(given)).toEqual({ url: webhook, secret, signature: 'v1', maxRate: 5 })
    const { rows } = await services.administration.authorisation.query(
      'SELECT * FROM grants, clients',
    )
    expect(JSON.stringify(rows)).not.toContain(secret)
    expect(JSON.stringify(rows)).not.toContain(client.webhookSecret)
    expect(JSON.stringify(rows)).not.toContain(ownClaim.secret)
  })

  test('leaves out a stored claim that became malformed, and reports it', async () => {
    const { authorisation } = services.administration
    const damaged = await services.createClient({ name: 'damaged' })
    await authorisation.query(
      `UPDATE grants SET value = '{"minConfidence": 7}' WHERE client_id = 'damaged' AND claim = 'ocr-*'`,
    )
    const { body } = await exchange(await services.authenticate(damaged))
    expect(body.scope).toBe('faceextract-1.* firehose-1.* ingest-1.* summary-1.*')
    expect(services.log.join('')).toContain('grant.malformed')
  })

  test('gives tokens that fit into a request’s headers, whatever is granted', async () => {
    const regions = Array.from({ length: 32 }, () => [60_000, 60_000, 60_000, 60_000])
    const url = `https://example.com/${'a'.repeat(2_000)}`
    const claims = {
      'push-1': { url, types: Array.from({ length: 16 }, () => 't'.repeat(100)) },
      'ocr-*': { regions },
      'ingest-1.*': true,
    }
    const large = await services.createClient({ name: 'large', claims })
    const { body } = await exchange(await services.authenticate(large))
    expect(body.access_token.length).toBeLessThan(12 * 1024)
    const response = await fetch(services.baseUrl, {
      headers: { authorization: `Bearer ${body.access_token}` },
    })
    expect(response.status).toBe(404)
  })

  test('writes no token and no secret to the log', async () => {
    const { body } = await exchange()
    const text = services.log.join('')
    expect(text).toContain('"clientId":"kiosk"')
    expect(text).not.toContain(body.access_token)
    expect(text).not.toContain(subject)
    expect(text).not.toContain(client.webhookSecret)
  })

  test('counts what it answered', async () => {
    const text = await services.metrics.metrics()
    expect(text).toMatch(/ips_authorisation_total\{result="issued",role="gateway"\} [1-9]/)
    expect(text).toMatch(/ips_authorisation_total\{result="invalid_scope",role="gateway"\} [1-9]/)
  })
})
