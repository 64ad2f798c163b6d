import { afterEach, describe, expect, test } from '@jest/globals'
import { createApp, listen, type App } from '../../../gateway/create-app.ts'
import { createAdmission } from '../../../gateway/ingestion/create-admission.ts'
import { createByteBudget } from '../../../gateway/ingestion/create-byte-budget.ts'
import type { Publisher } from '../../../gateway/ingestion/create-publisher.ts'
import { createRateLimiter } from '../../../gateway/ingestion/create-rate-limiter.ts'
import { registerIngestion } from '../../../gateway/ingestion/register-ingestion.ts'
import { createLogger } from '../../../lib/telemetry/create-logger.ts'
import { createMetrics } from '../../../lib/telemetry/create-metrics.ts'
import { generateImage } from '../../support/generate-image.ts'
import { until } from '../../support/until.ts'

const random = () => 0.5

describe('ingestImages', () => {
  let app: App | undefined
  afterEach(() => app?.close())

  async function start(options: { publisher: Publisher; lagSeconds?: number }) {
    app = createApp({
      logger: createLogger({ role: 'ingestion', level: 'fatal' }),
      metrics: createMetrics('ingestion'),
    })
    const budget = createByteBudget({ totalBytes: 1_000_000, clientBytes: 500_000 })
    const lags = new Map([['vision-ocr', { seconds: options.lagSeconds ?? 0 }]])
    registerIngestion(app, {
      tokens: {
        verify: () =>
          Promise.resolve({
            clientId: 'a',
            rights: { 'ingest-1.*': true },
            issuedAt: new Date(0),
            expiresAt: new Date(0),
            degraded: false,
          }),
      },
      admission: createAdmission({
        budget,
        random,
        kafka: () => 'ok',
        lags: () => lags,
        maxLagSeconds: 60,
      }),
      budget,
      rates: createRateLimiter({ now: () => 0 }),
      publisher: options.publisher,
      pace: { windowMs: 60_000, minBytes: 1 },
      produceTimeoutMs: 50,
      random,
      now: () => new Date(0),
      onIngested: () => undefined,
    })
    const port = await listen(app, { httpHost: '127.0.0.1', httpPort: 0 })
    const content = new Uint8Array(await generateImage(1))
    const post = () =>
      fetch(`http://127.0.0.1:${port}/ingest/v1/a`, {
        method: 'POST',
        headers: { authorization: 'Bearer x' },
        body: content,
      })
    return { budget, post, bytes: content.length }
  }

  test('answers 503 when no acknowledgement comes in time, and keeps the bytes in its budget until it does', async () => {
    const acknowledgement = Promise.withResolvers<undefined>()
    const { budget, post, bytes } = await start({
      publisher: { publish: () => acknowledgement.promise },
    })
    const response = await post()
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3'])
    expect(await response.json()).toMatchObject({ code: 'kafka-unavailable' })
    expect(budget.usedBytes()).toBe(bytes)
    acknowledgement.resolve(undefined)
    await until('the bytes are given back', () => budget.usedBytes() === 0)
  })

  test('answers 500 to a programmer’s error, and gives the bytes back', async () => {
    const { budget, post } = await start({
      publisher: { publish: () => Promise.reject(new TypeError('x')) },
    })
    expect((await post()).status).toBe(500)
    await until('the bytes are given back', () => budget.usedBytes() === 0)
  })

  test('takes nothing while a vision service has too many seconds of work before it', async () => {
    const { post } = await start({
      publisher: { publish: () => Promise.resolve() },
      lagSeconds: 61,
    })
    const response = await post()
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '32'])
    expect(await response.json()).toMatchObject({
      code: 'overloaded',
      detail: 'vision-ocr has too much work before it',
    })
  })

  test('takes more while the work before them is within the limit', async () => {
    const { post } = await start({
      publisher: { publish: () => Promise.resolve() },
      lagSeconds: 60,
    })
    expect((await post()).status).toBe(200)
  })
})
