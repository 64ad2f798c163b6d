import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Writable } from 'node:stream'
import { createApp, listen, type App } from '../../gateway/create-app.ts'
import { problemsOf } from '../../gateway/problem.ts'
import { createLogger } from '../../lib/telemetry/create-logger.ts'
import { createMetrics } from '../../lib/telemetry/create-metrics.ts'
import { rawRequest } from '../support/raw-request.ts'

const problem = problemsOf({ teapot: { status: 418, title: 'A teapot' } })
const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

interface Started {
  app: App
  port: number
  url: string
  events: Record<string, unknown>[]
}

async function start(trustedProxies: readonly string[] = []): Promise<Started> {
  const events: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      events.push(JSON.parse(String(chunk)) as Record<string, unknown>)
      done()
    },
  })
  const logger = createLogger({ role: 'gateway', level: 'info', destination })
  const app = createApp({ logger, metrics: createMetrics('gateway'), trustedProxies })
  app.get('/teapot', () => {
    throw problem('teapot', 'it is short and stout', { headers: { 'retry-after': '7' } })
  })
  app.get('/broken', () => {
    throw new TypeError('a secret of the inside')
  })
  app.get('/sender', ({ ip }) => ip)
  app.get('/things/:name', (request) => request.params)
  app.post('/things', (request) => ({ got: request.body }))
  const port = await listen(app, { httpHost: '127.0.0.1', httpPort: 0 })
  return { app, port, url: `http://127.0.0.1:${port}`, events }
}

describe('the gateway shell', () => {
  let started: Started
  beforeEach(async () => (started = await start()))
  afterEach(() => started.app.close())

  test('answers a problem with its document, its headers and the trace of the request', async () => {
    const response = await fetch(`${started.url}/teapot`, { headers: { traceparent: parent } })
    expect(response.status).toBe(418)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toEqual({
      type: 'urn:ips:problem:teapot',
      title: 'A teapot',
      status: 418,
      detail: 'it is short and stout',
      code: 'teapot',
      traceId: '0af7651916cd43dd8448eb211c80319c',
    })
  })

  test('believes what trusted proxies say of a sender, and nobody else', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.1, 192.0.2.2' }
    const senderOf = async ({ url }: Started) => (await fetch(`${url}/sender`, { headers })).text()
    expect(await senderOf(started)).toBe('127.0.0.1')
    const behindProxy = await start(['127.0.0.0/8'])
    expect(await senderOf(behindProxy)).toBe('192.0.2.2')
    await behindProxy.app.close()
  })

  test('says nothing of the inside when it fails, and logs the reason', async () => {
    const response = await fetch(`${started.url}/broken`)
    const body = await response.text()
    expect(response.status).toBe(500)
    expect(body).not.toContain('secret')
    expect(JSON.parse(body)).toMatchObject({ code: 'internal-error', status: 500 })
    expect(JSON.stringify(started.events)).toContain('a secret of the inside')
  })

  test('tells an unknown address from a known one with another method', async () => {
    const unknown = await fetch(`${started.url}/nothing`)
    expect(unknown.status).toBe(404)
    expect(await unknown.json()).toMatchObject({ code: 'not-found' })
    const known = await fetch(`${started.url}/things/1?a=b`, { method: 'DELETE' })
    expect(known.status).toBe(405)
    expect(known.headers.get('allow')).toBe('GET, HEAD')
    expect(await known.json()).toMatchObject({ code: 'method-not-allowed' })
  })

  test('hands a broken escape on to the service', async () => {
    const answer = await rawRequest(
      started.port,
      'GET /things/%zz%41?x=%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    )
    expect(answer).toContain('200 OK')
    expect(answer).toContain('{"name":"%zz%41"}')
  })

  test.each([
    [
      'headers over 16 KiB',
      `GET /teapot HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`,
      431,
    ],
    ['what is not HTTP', 'hello\r\n\r\n', 400],
  ])('refuses %s with a problem document', async (_name, text, status) => {
    const answer = await rawRequest(started.port, text)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).toContain('content-type: application/problem+json')
    const [, body = ''] = answer.split('\r\n\r\n')
    expect(JSON.parse(body)).toMatchObject({
      status,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  test('refuses a body that is too large or malformed', async () => {
    const headers = { 'content-type': 'application/json' }
    const post = (body: string) => fetch(`${started.url}/things`, { method: 'POST', headers, body })
    const large = await post(JSON.stringify('x'.repeat(70_000)))
    expect([large.status, ((await large.json()) as { code: string }).code]).toEqual([
      413,
      'body-too-large',
    ])
    const malformed = await post('{')
    expect(malformed.status).toBe(400)
    expect(malformed.headers.get('content-type')).toBe('application/problem+json')
  })

  test('writes one event and counts one answer for each request', async () => {
    await (await fetch(`${started.url}/teapot`, { headers: { traceparent: parent } })).text()
    await started.app.close()
    expect(started.events).toEqual([
      expect.objectContaining({
        event: 'request.answered',
        method: 'GET',
        route: '/teapot',
        status: 418,
        code: 'teapot',
        traceId: '0af7651916cd43dd8448eb211c80319c',
      }),
    ])
  })
})
