import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { forgeTokens } from '../../support/forged-tokens.ts'
import { createForger } from '../../support/forger.ts'
import { generateImage } from '../../support/generate-image.ts'
import { startTestIngestion, type TestIngestion } from '../../support/ingestion.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'

describe('ingestion under attack', () => {
  let kafka: TestKafka
  let keys: TestKeys
  let ingestion: TestIngestion
  let image: Buffer
  let good: string

  beforeAll(async () => {
    ;[kafka, keys, image] = await Promise.all([
      createTestKafka(),
      createTestKeys(),
      generateImage(1),
    ])
    ingestion = await startTestIngestion({ kafka: kafka.options, keys })
    good = await issueTestToken(keys, { rights: { 'ingest-1.*': true } })
    await until('ingestion is ready', async () => (await ingestion.readiness())['kafka'] === 'ok')
  })
  afterAll(async () => {
    await ingestion.stop()
    await kafka.drop()
    await keys.remove()
  })

  const post = async (token: string) => {
    const response = await fetch(`${ingestion.url}/ingest/v1/case`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new Uint8Array(image),
    })
    const { code } = (await response.json()) as { code?: string }
    const challenge = response.headers.get('www-authenticate')
    return `${response.status} ${code ?? 'accepted'} ${challenge ?? ''}`.trim()
  }
  const refusal = '401 token-invalid Bearer error="invalid_token"'

  test('answers every forged token with 401, and good ones are accepted all the while', async () => {
    const forged = await forgeTokens(await createForger(keys, new Date()))
    const verdicts = new Map<string, string[]>()
    for (const [index, { attack, token }] of forged.entries()) {
      const verdict = await post(token)
      verdicts.set(verdict, [...(verdicts.get(verdict) ?? []), attack])
      if (index % 20 === 0) expect(await post(good)).toBe('200 accepted')
    }
    expect([...verdicts.keys()]).toEqual([refusal])
  })

  test('answers whatever is changed of a good token with 401', async () => {
    const flip = fc.record({ at: fc.nat({ max: good.length - 1 }), bit: fc.nat({ max: 6 }) })
    const isHeaderText = (text: string) => /^[\x21-\x7e]+$/.test(text)
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
        const bytes = Buffer.from(good)
        for (const { at, bit } of flips) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
        const changed = bytes.toString('latin1')
        fc.pre(changed !== good && isHeaderText(changed))
        expect(await post(changed)).toBe(refusal)
      }),
      { numRuns: 200 },
    )
  })

  test('answers cut tokens with 401, whatever is left', async () => {
    for (let length = 1; length < good.length; length += 7)
      expect(await post(good.slice(0, length))).toBe(refusal)
  })

  test('answers giants with 401, or with 431 where no header may be so large', async () => {
    expect(await post('a'.repeat(13 * 1024))).toBe(refusal)
    const response = await fetch(`${ingestion.url}/ingest/v1/case`, {
      method: 'POST',
      headers: { authorization: `Bearer ${'a'.repeat(17 * 1024)}` },
      body: new Uint8Array(image),
    })
    expect(response.status).toBe(431)
    expect(await post(good)).toBe('200 accepted')
  })
})
