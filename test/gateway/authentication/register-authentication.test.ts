import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { rotateSecret } from '../../../gateway/authentication/identities.ts'
import type { NewClient } from '../../../cli/clients/create-client.ts'
import { createAuthenticationTokenVerifier } from '../../../lib/token/create-authentication-tokens.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'

const path = '/authentication/v1/token'
const grant = { grant_type: 'client_credentials' }

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>

describe('POST /authentication/v1/token', () => {
  let services: TokenServices
  let client: NewClient
  beforeAll(async () => {
    services = await startTokenServices()
    client = await services.createClient({ name: 'camera-1' })
  })
  afterAll(() => services.stop())

  const inForm = (id = client.clientId, secret = client.clientSecret) => ({
    ...grant,
    client_id: id,
    client_secret: secret,
  })
  const expectError = async (response: Response, status: number, error: string) => {
    expect({ status: response.status, ...(await bodyOf(response)) }).toEqual({
      status,
      error,
      error_description: expect.any(String),
    })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  }

  test('gives a token for credentials by HTTP Basic', async () => {
    const response = await services.post(path, grant, basic(client.clientId, client.clientSecret))
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const body = await bodyOf(response)
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
    })
    const verifier = createAuthenticationTokenVerifier({
      keysDirectory: services.keys.directory,
      issuer: services.keys.issuer,
    })
    await expect(verifier.verify(String(body['access_token']), new Date())).resolves.toEqual({
      clientId: 'camera-1',
    })
  })

  test('gives a token for credentials in the form', async () => {
    expect((await services.post(path, inForm())).status).toBe(200)
  })

  test('takes HTTP Basic’s halves as form-urlencoded, and its scheme in any case', async () => {
    const encoded = Buffer.from('camera-1').toString('hex').replace(/../g, '%$&')
    const { authorization } = basic(encoded, client.clientSecret)
    const response = await services.post(path, grant, {
      authorization: authorization.replace('Basic', 'bAsIc'),
    })
    expect(response.status).toBe(200)
  })

  test('answers an unknown client and a wrong secret alike', async () => {
    const wrong = client.clientSecret.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    const other = await services.createClient({ name: 'camera-2' })
    const answers = await Promise.all(
      [
        inForm('nobody'),
        inForm(client.clientId, wrong),
        inForm(client.clientId, 'wrong'),
        inForm(client.clientId, other.clientSecret),
      ].map((form) => services.post(path, form)),
    )
    const seen = await Promise.all(
      answers.map(async (response) => [
        response.status,
        response.headers.get('www-authenticate'),
        await response.text(),
      ]),
    )
    expect(seen[0]).toEqual([401, expect.stringMatching(/^Basic /), expect.any(String)])
    for (const answer of seen) expect(answer).toEqual(seen[0])
  })

  test('refuses credentials by both ways at once', async () => {
    const headers = basic(client.clientId, client.clientSecret)
    await expectError(await services.post(path, inForm(), headers), 400, 'invalid_request')
  })

  test('refuses a client id in the form that is not the one in the header', async () => {
    const headers = basic(client.clientId, client.clientSecret)
    const same = await services.post(path, { ...grant, client_id: client.clientId }, headers)
    expect(same.status).toBe(200)
    const other = await services.post(path, { ...grant, client_id: 'camera-2' }, headers)
    await expectError(other, 400, 'invalid_request')
  })

  test.each([
    ['nothing', undefined],
    ['another scheme', 'Bearer abc'],
    ['no base64', 'Basic ???'],
    ['no colon', `Basic ${Buffer.from('camera-1').toString('base64')}`],
    ['a broken escape', `Basic ${Buffer.from('%zz:%').toString('base64')}`],
    ['a zero', `Basic ${Buffer.from('%00:%00').toString('base64')}`],
  ])('refuses an Authorization header with %s', async (_what, authorization) => {
    const headers = authorization === undefined ? {} : { authorization }
    await expectError(await services.post(path, grant, headers), 401, 'invalid_client')
  })

  test('refuses another or no grant type', async () => {
    const unsupported = await services.post(path, { ...inForm(), grant_type: 'password' })
    await expectError(unsupported, 400, 'unsupported_grant_type')
    const missing = await services.post(path, { ...inForm(), grant_type: '' })
    await expectError(missing, 400, 'invalid_request')
  })

  const postRaw = (body: string, type: string) =>
    fetch(`${services.baseUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
  const formType = 'application/x-www-form-urlencoded'

  test('refuses a repeated parameter', async () => {
    const body = `${new URLSearchParams(inForm()).toString()}&grant_type=client_credentials`
    await expectError(await postRaw(body, formType), 400, 'invalid_request')
  })

  test('refuses bodies of other types, and none', async () => {
    const json = JSON.stringify(inForm())
    await expectError(await postRaw(json, 'application/json'), 400, 'invalid_request')
    await expectError(await postRaw(json, 'text/xml'), 400, 'invalid_request')
    const none = await fetch(`${services.baseUrl}${path}`, { method: 'POST' })
    await expectError(none, 400, 'invalid_request')
  })

  test('refuses a body that is too large', async () => {
    await expectError(await postRaw('a='.padEnd(20_000, 'x'), formType), 413, 'invalid_request')
  })

  test('survives arbitrary forms and headers', async () => {
    const form = fc.string({ unit: 'binary', maxLength: 60 })
    const header = fc.base64String({ maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(form, header, async (text, credentials) => {
        const response = await fetch(`${services.baseUrl}${path}`, {
          method: 'POST',
          headers: { 'content-type': formType, authorization: `Basic ${credentials}` },
          body: `grant_type=client_credentials&${text}`,
        })
        expect([400, 401]).toContain(response.status)
      }),
      { numRuns: 40 },
    )
  })

  test('accepts two secrets while they overlap, and then only the new one', async () => {
    const { authentication } = services.administration
    const former = await services.createClient({ name: 'rotating' })
    const statusOf = async (secret: string) =>
      (await services.post(path, inForm('rotating', secret))).status
    const second = await rotateSecret(authentication, 'rotating', 3_600)
    expect([await statusOf(former.clientSecret), await statusOf(second)]).toEqual([200, 200])
    const third = await rotateSecret(authentication, 'rotating', 0)
    expect([
      await statusOf(former.clientSecret),
      await statusOf(second),
      await statusOf(third),
    ]).toEqual([401, 401, 200])
  })

  test('keeps no secret in the database', async () => {
    const { rows } = await services.administration.authentication.query('SELECT * FROM secrets')
    const random = client.clientSecret.split('.')[2]
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain(random)
    expect(JSON.stringify(rows)).toContain('$scrypt$ln=15,r=8,p=1$')
  })

  test('says in the log who came and how it ended, without any secret or token', async () => {
    const response = await services.post(path, inForm())
    const token = String((await bodyOf(response))['access_token'])
    const text = services.log.join('')
    expect(text).toContain('"clientId":"camera-1"')
    expect(text).toContain('"code":"invalid-client"')
    expect(text).not.toContain(client.clientSecret)
    expect(text).not.toContain(token)
  })

  test('counts what it answered', async () => {
    const text = await services.metrics.metrics()
    expect(text).toMatch(/ips_authentication_total\{result="issued",role="gateway"\} [1-9]/)
    expect(text).toMatch(/ips_authentication_total\{result="invalid_client",role="gateway"\} [1-9]/)
  })
})
