import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createIdentity, rotateSecret } from '../../../gateway/authentication/identities.ts'
import {
  createClientRecord,
  grantClaims,
  listClients,
  revokeClaims,
  setSuspended,
} from '../../../gateway/authorisation/grants.ts'
import { createClient } from '../../../cli/clients/create-client.ts'
import { parseClaims } from '../../../cli/clients/parse-claims.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'

describe('createClient', () => {
  let services: TokenServices
  beforeAll(async () => {
    services = await startTokenServices()
  })
  afterAll(() => services.stop())

  const claimsOf = async (name: string) => {
    const clients = await listClients(services.administration.authorisation)
    return clients.find(({ clientId }) => clientId === name)?.claims
  }
  const claimNames = async (name: string) => Object.keys((await claimsOf(name)) ?? {}).sort()

  test('gives the default claims where none are given', async () => {
    await services.createClient({ name: 'default' })
    expect(await claimsOf('default')).toEqual({
      'ingest-1.*': true,
      'faceextract-1.*': true,
      'ocr-*': true,
      'summary-1.*': true,
      'firehose-1.*': true,
    })
  })

  test('gives exactly the claims that are given', async () => {
    await services.createClient({ name: 'exact', claims: { 'ocr-*': true } })
    expect(await claimsOf('exact')).toEqual({ 'ocr-*': true })
  })

  test('adds a push claim for a webhook, unless one is given, which then stands', async () => {
    const webhook = 'https://example.com/a'
    await services.createClient({ name: 'hook', webhook })
    await services.createClient({ name: 'hook-exact', webhook, claims: { 'ocr-*': true } })
    const given = { 'push-1': { url: 'https://example.com/b', maxRate: 2 } }
    await services.createClient({ name: 'hook-given', webhook, claims: given })
    expect(await claimNames('hook')).toContain('push-1')
    expect(await claimsOf('hook-exact')).toEqual({ 'ocr-*': true, 'push-1': webhook })
    expect(await claimsOf('hook-given')).toEqual(given)
  })

  test('gives secrets in the forms of Standard Webhooks, each client its own', async () => {
    const [a, b] = [
      await services.createClient({ name: 'keys-a' }),
      await services.createClient({ name: 'keys-b' }),
    ]
    expect(Object.keys(a)).toEqual([
      'clientId',
      'clientSecret',
      'webhookSecret',
      'webhookPublicKey',
    ])
    expect(a.webhookSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(a.webhookPublicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
    for (const member of ['clientSecret', 'webhookSecret', 'webhookPublicKey'] as const) {
      expect(a[member]).not.toBe(b[member])
    }
  })

  test('refuses a name that is taken, and changes nothing', async () => {
    const first = await services.createClient({ name: 'taken', claims: { 'ocr-*': true } })
    await expect(services.createClient({ name: 'taken' })).rejects.toMatchObject({
      code: 'client-exists',
    })
    expect(await claimsOf('taken')).toEqual({ 'ocr-*': true })
    await expect(services.authenticate(first)).resolves.toEqual(expect.any(String))
  })

  test('lets exactly one of several creations at once win', async () => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 3 }, () => services.createClient({ name: 'contested' })),
    )
    const won = attempts.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
    expect(won).toHaveLength(1)
    const response = await fetch(`${services.baseUrl}/push/v1/keys/contested`)
    expect(await response.json()).toEqual({ keys: [won[0]?.webhookPublicKey] })
  })

  test('is repeated without harm after a crash between the two databases', async () => {
    const { authentication, authorisation, box } = services.administration
    const crash = createIdentity(authentication, 'crashed', async () => {
      await createClientRecord(authorisation, box, {
        clientId: 'crashed',
        claims: { 'ingest-1.*': true },
      })
      throw new Error('killed')
    })
    await expect(crash).rejects.toThrow('killed')
    const client = await services.createClient({ name: 'crashed', claims: { 'ocr-*': true } })
    expect(await claimsOf('crashed')).toEqual({ 'ocr-*': true })
    const response = await services.exchange(await services.authenticate(client))
    expect(response.status).toBe(200)
  })

  test.each(['', '.hidden', '../x', 'a/b', 'a b', 'ä', 'a'.repeat(65), 'a\n'])(
    'refuses the name %p',
    async (name) => {
      await expect(services.createClient({ name })).rejects.toMatchObject({
        code: 'client-name-invalid',
      })
    },
  )

  test('refuses claims that are unknown, malformed or too large, and creates nothing', async () => {
    const create = (claims: Record<string, unknown>) =>
      services.createClient({ name: 'refused', claims })
    await expect(create({ 'speech-1.*': true })).rejects.toMatchObject({ code: 'claim-unknown' })
    await expect(create({ 'ocr-*': 1 })).rejects.toMatchObject({ code: 'claim-malformed' })
    await expect(
      services.createClient({ name: 'refused', webhook: 'https://user@example.com/' }),
    ).rejects.toMatchObject({ code: 'claim-malformed' })
    const regions = Array.from({ length: 32 }, () => [65_535, 65_535, 65_535, 65_535])
    const claims = {
      'ocr-*': { regions },
      'ocr-1.*': { regions },
      'ocr-1.0': { regions },
      'push-1': `https://example.com/${'a'.repeat(2_000)}`,
      'faceextract-*': true,
      'faceextract-1.*': true,
    }
    await services.createClient({ name: 'many', claims })
    const types = Array.from({ length: 32 }, () => 't'.repeat(128))
    await expect(
      grantClaims(services.administration.authorisation, services.administration.box, {
        clientId: 'many',
        claims: { 'push-1': { url: 'https://example.com/', types } },
      }),
    ).rejects.toMatchObject({ code: 'claims-too-large' })
    expect(await claimsOf('many')).toEqual(claims)
    expect(await claimsOf('refused')).toBeUndefined()
    await services.createClient({ name: 'refused' })
  })

  test('grants and revokes all or nothing', async () => {
    const { authorisation, box } = services.administration
    await services.createClient({ name: 'atomic', claims: { 'ocr-*': true } })
    const grant = { 'ingest-1.*': true, 'ocr-*': { minConfidence: 9 } }
    await expect(
      grantClaims(authorisation, box, { clientId: 'atomic', claims: grant }),
    ).rejects.toMatchObject({ code: 'claim-malformed' })
    await expect(
      revokeClaims(authorisation, { clientId: 'atomic', claims: ['ocr-*', 'ingest-1.*'] }),
    ).rejects.toMatchObject({ code: 'claim-not-granted' })
    expect(await claimsOf('atomic')).toEqual({ 'ocr-*': true })
  })

  test('knows no client that was never created', async () => {
    const { authentication, authorisation, box } = services.administration
    const unknown = { code: 'client-unknown' }
    const clientId = 'never'
    await expect(grantClaims(authorisation, box, { clientId, claims: {} })).rejects.toMatchObject(
      unknown,
    )
    await expect(revokeClaims(authorisation, { clientId, claims: [] })).rejects.toMatchObject(
      unknown,
    )
    await expect(setSuspended(authorisation, { clientId, suspended: true })).rejects.toMatchObject(
      unknown,
    )
    await expect(rotateSecret(authentication, clientId, 0)).rejects.toMatchObject(unknown)
  })

  test('lists no secret that a claim brought', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    await createClient(services.administration, {
      name: 'listed',
      claims: { 'push-1': { url: 'https://example.com/', secret } },
    })
    expect(await claimsOf('listed')).toEqual({ 'push-1': { url: 'https://example.com/' } })
  })
})

describe('parseClaims', () => {
  test('reads CLAIM=JSON, and a claim alone as true', () => {
    expect(
      parseClaims([
        'ingest-1.*={"imagesPerSecond": 2}',
        'ocr-*',
        'push-1="https://a.example/?b=c"',
      ]),
    ).toEqual({
      'ingest-1.*': { imagesPerSecond: 2 },
      'ocr-*': true,
      'push-1': 'https://a.example/?b=c',
    })
  })

  test('refuses what is not JSON, unknown, or malformed', () => {
    expect(() => parseClaims(['push-1=https://a.example/'])).toThrow('not JSON')
    expect(() => parseClaims(['speech-1.*=true'])).toThrow('is no SERVICE-VERSION')
    expect(() => parseClaims(['ocr-*={"minConfidence": 2}'])).toThrow('minConfidence')
  })
})
