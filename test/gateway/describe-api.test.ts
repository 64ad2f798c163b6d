import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createApp, listen, type App } from '../../gateway/create-app.ts'
import { describeApi } from '../../gateway/describe-api.ts'
import { ingestSchema } from '../../gateway/ingestion/ingest-schema.ts'
import { topics } from '../../lib/topology.ts'
import { createLogger } from '../../lib/telemetry/create-logger.ts'
import { createMetrics } from '../../lib/telemetry/create-metrics.ts'

describe('the description of the API', () => {
  let app: App
  let url: string
  beforeEach(async () => {
    app = createApp({
      logger: createLogger({ role: 'gateway', level: 'fatal' }),
      metrics: createMetrics('gateway'),
    })
    await describeApi(app)
    app.post('/ingest/v1/:transactionId', { schema: ingestSchema }, () => '')
    url = `http://127.0.0.1:${await listen(app, { httpHost: '127.0.0.1', httpPort: 0 })}`
  })
  afterEach(() => app.close())

  test('lists every status of a route, and nothing of itself', async () => {
    const response = await fetch(`${url}/openapi.json`)
    const document = (await response.json()) as {
      openapi: string
      paths: Record<string, Record<string, { responses: object; requestBody: { content: object } }>>
    }
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toEqual(['/ingest/v1/{transactionId}'])
    const post = document.paths['/ingest/v1/{transactionId}']?.['post']
    const statuses = [200, 400, 401, 403, 408, 413, 415, 422, 429, 503].map(String)
    expect(Object.keys(post?.responses ?? {})).toEqual(statuses)
    expect(Object.keys(post?.requestBody.content ?? {})).toEqual([
      'image/jpeg',
      'image/png',
      'image/webp',
      'multipart/form-data',
    ])
  })

  test('describes each webhook by its type, its headers and its body', async () => {
    const { webhooks } = (await (await fetch(`${url}/openapi.json`)).json()) as {
      webhooks: Record<string, { post: { requestBody: object; parameters: { name: string }[] } }>
    }
    const types = [...topics.vision.payloads, ...topics.summary.payloads]
    expect(Object.keys(webhooks)).toEqual(types)
    for (const type of types) {
      const post = webhooks[type]?.post
      expect(post?.parameters.map(({ name }) => name)).toContain('webhook-signature')
      expect(post?.requestBody).toMatchObject({
        content: { 'application/json': { schema: { properties: { type: { const: type } } } } },
      })
    }
  })

  test('names the address that clients use, and how curl posts bytes', async () => {
    const { servers, paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
      servers: { url: string }[]
      paths: Record<string, Record<string, Record<string, unknown>>>
    }
    expect(servers).toEqual([{ url }])
    const samples = paths['/ingest/v1/{transactionId}']?.['post']?.['x-codeSamples']
    expect(JSON.stringify(samples)).toContain('curl --data-binary @photo.jpg')
  })

  test('is where the root leads to', async () => {
    const root = await fetch(url, { redirect: 'manual' })
    expect([root.status, root.headers.get('location')]).toEqual([302, '/docs/'])
    expect(await root.text()).toContain('/openapi.json')
    expect((await fetch(url)).url).toBe(`${url}/docs/`)
  })

  test('is rendered by a page that brings everything with it', async () => {
    const response = await fetch(`${url}/docs`)
    const page = await response.text()
    expect([response.status, response.url]).toEqual([200, `${url}/docs/`])
    expect(page).not.toMatch(/https?:\/\//)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const [, script = ''] = /<script src="([^"]+)"/.exec(page) ?? []
    const asset = await fetch(new URL(script, response.url))
    expect([asset.status, asset.headers.get('content-type')]).toEqual([
      200,
      'application/javascript; charset=utf-8',
    ])
    expect((await asset.text()).length).toBeGreaterThan(1_000_000)
  })
})
