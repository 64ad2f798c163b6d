import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fetchToken } from '../../../lib/token/fetch-token.ts'

/** Answers the two requests; the form decides how. */
async function startEndpoints(): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      const who = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()
      if (who.startsWith('nobody')) {
        response.writeHead(401).end('{"error":"invalid_client","error_description":"who?"}')
      } else if (who.startsWith('broken')) {
        response.writeHead(502).end('<html>')
      } else {
        const token = [who, form.get('subject_token'), form.get('scope')].join('|')
        response.end(JSON.stringify({ access_token: token, expires_in: 60 }))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

describe('fetchToken', () => {
  let server: Server
  let baseUrl: string
  beforeAll(async () => {
    server = await startEndpoints()
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )

  test('exchanges what it got for its credentials', async () => {
    const options = { baseUrl, clientId: 'a:b', clientSecret: 's%', scope: 'ocr-*' }
    expect(await fetchToken(options)).toEqual({
      token: '|a%3Ab:s%25|||ocr-*',
      expiresInSeconds: 60,
    })
  })

  test('gives the endpoint’s reason where it refuses', async () => {
    await expect(
      fetchToken({ baseUrl, clientId: 'nobody', clientSecret: 's' }),
    ).rejects.toMatchObject({
      code: 'token-refused',
      retryable: false,
      message: expect.stringContaining('invalid_client: who?'),
    })
  })

  test('says that it may be tried again where the gateway is broken or away', async () => {
    await expect(
      fetchToken({ baseUrl, clientId: 'broken', clientSecret: 's' }),
    ).rejects.toMatchObject({ code: 'token-refused', retryable: true })
    await expect(
      fetchToken({ baseUrl: 'http://127.0.0.1:1', clientId: 'c', clientSecret: 's' }),
    ).rejects.toMatchObject({ code: 'gateway-unreachable', retryable: true })
  })
})
