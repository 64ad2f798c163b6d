import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fetchToken } from '../../../clients/typescript/fetch-token.ts'
import { startTokenServices, type TokenServices } from '../../support/token-services.ts'

describe('fetchToken of the reference client', () => {
  let services: TokenServices
  beforeAll(async () => (services = await startTokenServices()))
  afterAll(() => services.stop())

  test('gives a token of the client with its claims, or with those that are asked for', async () => {
    const client = await services.createClient({ name: 'reader' })
    const options = { url: services.baseUrl, ...client }
    const verify = async (token: string) => services.keys.createVerifier().verify(token, new Date())
    expect(await verify(await fetchToken(options))).toMatchObject({
      clientId: client.clientId,
      rights: { 'ingest-1.*': true, 'firehose-1.*': true },
    })
    const { rights } = await verify(await fetchToken({ ...options, scope: 'firehose-1.*' }))
    expect(rights).toEqual({ 'firehose-1.*': true })
  })

  test('says why there is none, and whether to ask again', async () => {
    const { clientId } = await services.createClient({ name: 'forgetful' })
    const wrong = { url: services.baseUrl, clientId, clientSecret: 'wrong' }
    await expect(fetchToken(wrong)).rejects.toMatchObject({
      ...{ name: 'FirehoseError', code: 'token-refused', retryable: false },
      message: expect.stringContaining('invalid_client'),
    })
    await expect(fetchToken({ ...wrong, url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      ...{ code: 'connection-failed', retryable: true },
    })
  })
})
