import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMetrics } from '../../../lib/telemetry/create-metrics.ts'
import { createTokenVerifier } from '../../../lib/token/create-token-verifier.ts'
import { maxTokenLength } from '../../../lib/token/token-format.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

const issuedAt = new Date('2026-01-01T00:00:00Z')
const expiresAt = new Date('2026-01-01T01:00:00Z')
const after = (date: Date, seconds: number) => new Date(date.getTime() + seconds * 1_000)

/** Where a change hits the key's id, its key is unknown. */
const refusal = expect.stringMatching(/^token-(invalid|key-unknown)$/)

describe('createTokenVerifier', () => {
  let keys: TestKeys
  let token: string
  beforeAll(async () => {
    keys = await createTestKeys()
    token = await issueTestToken(keys, { clientId: 'c1', rights: { 'ocr-*': true }, issuedAt })
  })
  afterAll(() => keys.remove())

  test('gives back what the token says', async () => {
    const rights = { 'ingest-1.*': true, 'faceextract-1.0': { minConfidence: 0.9 } }
    const content = { clientId: 'c2', rights, issuedAt, degraded: true }
    const verified = await keys
      .createVerifier()
      .verify(await issueTestToken(keys, content), issuedAt)
    expect(verified).toEqual({ clientId: 'c2', rights, issuedAt, expiresAt, degraded: true })
  })

  test('gives back any rights that were granted, exactly', async () => {
    const verifier = keys.createVerifier(0)
    const name = fc.stringMatching(/^[a-z]{1,8}-(\*|[1-9]\.\*|[1-9])$/)
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }),
        async (given) => {
          const rights = JSON.parse(JSON.stringify(given)) as Record<string, unknown>
          const issued = await issueTestToken(keys, { rights, issuedAt })
          expect((await verifier.verify(issued, issuedAt)).rights).toEqual(rights)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('refuses arbitrary text as an invalid token', async () => {
    const verifier = keys.createVerifier()
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.array(fc.base64String({ maxLength: 80 }), { maxLength: 7 }).map((it) => it.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(text, async (wrong) => {
        await expect(verifier.verify(wrong, issuedAt)).rejects.toMatchObject({
          name: 'IpsError',
          code: 'token-invalid',
          retryable: false,
        })
      }),
    )
  })

  test('refuses a token with any character changed, removed or added', async () => {
    const verifier = keys.createVerifier()
    const alphabet =
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \0é'.split('')
    const mutation = fc.record({
      at: fc.nat({ max: token.length - 1 }),
      remove: fc.nat({ max: 2 }),
      add: fc.array(fc.constantFrom(...alphabet), { maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(mutation, async ({ at, remove, add }) => {
        const mutated = token.slice(0, at) + add.join('') + token.slice(at + remove)
        fc.pre(mutated !== token)
        await expect(verifier.verify(mutated, issuedAt)).rejects.toMatchObject({
          code: refusal,
        })
      }),
      { numRuns: 500 },
    )
  })

  test('refuses a token in which any one bit is flipped', async () => {
    const verifier = keys.createVerifier()
    for (let at = 0; at < token.length; at += 1) {
      const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << (at % 7)))
      const mutated = token.slice(0, at) + flipped + token.slice(at + 1)
      await expect(verifier.verify(mutated, issuedAt)).rejects.toMatchObject({
        code: refusal,
      })
    }
  })

  test('refuses every truncation of a token', async () => {
    const verifier = keys.createVerifier()
    for (let length = 0; length < token.length; length += 1) {
      await expect(verifier.verify(token.slice(0, length), issuedAt)).rejects.toMatchObject({
        code: 'token-invalid',
      })
    }
  })

  test('refuses a giant token', async () => {
    const giant = `${token}${'A'.repeat(maxTokenLength)}`
    await expect(keys.createVerifier().verify(giant, issuedAt)).rejects.toMatchObject({
      code: 'token-invalid',
    })
  })

  test('accepts a token until half a minute after its expiry', async () => {
    const verifier = keys.createVerifier()
    await expect(verifier.verify(token, after(expiresAt, 29.999))).resolves.toBeDefined()
    await expect(verifier.verify(token, after(expiresAt, 30))).rejects.toMatchObject({
      code: 'token-expired',
    })
  })

  test('compares a cached token with each moment anew', async () => {
    const verifier = keys.createVerifier()
    await verifier.verify(token, issuedAt)
    await expect(verifier.verify(token, after(expiresAt, 31))).rejects.toMatchObject({
      code: 'token-expired',
    })
    await expect(verifier.verify(token, issuedAt)).resolves.toMatchObject({ clientId: 'c1' })
  })

  test('counts an impossible date as expired', async () => {
    await expect(keys.createVerifier().verify(token, new Date(Number.NaN))).rejects.toMatchObject({
      code: 'token-expired',
    })
  })

  test('gives every caller the same frozen token from its cache', async () => {
    const verifier = keys.createVerifier()
    const [a, b] = await Promise.all([
      verifier.verify(token, issuedAt),
      verifier.verify(token, issuedAt),
    ])
    expect(b).toBe(a)
    expect(Object.isFrozen(a)).toBe(true)
    expect(Object.isFrozen(a.rights)).toBe(true)
  })

  test('counts how verifications ended', async () => {
    const metrics = createMetrics('test')
    const verifier = createTokenVerifier({
      keysDirectory: keys.directory,
      issuer: keys.issuer,
      cacheSize: 1,
      metrics,
    })
    const other = await issueTestToken(keys, { issuedAt })
    await verifier.verify(token, issuedAt)
    await verifier.verify(token, issuedAt)
    await verifier.verify(other, issuedAt)
    await verifier.verify(token, issuedAt)
    await verifier.verify('no token', issuedAt).catch(() => undefined)
    await verifier.verify(token, after(expiresAt, 60)).catch(() => undefined)
    const metric = metrics.getSingleMetric('ips_token_verifications_total')
    const counts = (await metric?.get())?.values.map(({ labels, value }) => [labels, value])
    expect(counts).toEqual([
      [{ outcome: 'verified' }, 3],
      [{ outcome: 'cached' }, 1],
      [{ outcome: 'refused' }, 1],
      [{ outcome: 'expired' }, 1],
    ])
  })

  test('refuses a token of another issuer', async () => {
    const verifier = createTokenVerifier({
      keysDirectory: keys.directory,
      issuer: 'another',
      cacheSize: 10,
    })
    await expect(verifier.verify(token, issuedAt)).rejects.toMatchObject({ code: 'token-invalid' })
  })

  test('refuses a token made with other keys', async () => {
    const others = await createTestKeys()
    await expect(others.createVerifier().verify(token, issuedAt)).rejects.toMatchObject({
      code: 'token-key-unknown',
      retryable: false,
    })
    await others.remove()
  })
})

describe('createTokenVerifier, when keys change', () => {
  let folder: string
  let keys: TestKeys
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ips-verifier-'))
    keys = await createTestKeys()
  })
  afterAll(async () => {
    await keys.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test('asks to try again while there are no keys, and accepts tokens as soon as there are', async () => {
    const keysDirectory = path.join(folder, 'late')
    const verifier = createTokenVerifier({ keysDirectory, issuer: 'ips', cacheSize: 10 })
    const late = await createTestKeys()
    const token = await issueTestToken(late, { clientId: 'c1' })
    await expect(verifier.verify(token, new Date())).rejects.toMatchObject({
      code: 'keys-unavailable',
      retryable: true,
    })
    await rename(late.directory, keysDirectory)
    await expect(verifier.verify(token, new Date())).resolves.toMatchObject({ clientId: 'c1' })
  })

  test('reads the keys again for an unknown key, but not more often than every two seconds', async () => {
    const clock = { now: 0 }
    const keysDirectory = path.join(folder, 'replaced')
    const former = await createTestKeys()
    const formerToken = await issueTestToken(former)
    await rename(former.directory, keysDirectory)
    const verifier = createTokenVerifier({
      keysDirectory,
      issuer: 'ips',
      cacheSize: 10,
      clock: () => clock.now,
    })
    await verifier.verify(formerToken, new Date())
    const token = await issueTestToken(keys, { clientId: 'c2' })
    await rm(keysDirectory, { recursive: true })
    await rename(keys.directory, keysDirectory)
    clock.now = 1_999
    await expect(verifier.verify(token, new Date())).rejects.toMatchObject({
      code: 'token-key-unknown',
    })
    clock.now = 2_000
    await expect(verifier.verify(token, new Date())).resolves.toMatchObject({ clientId: 'c2' })
    await expect(verifier.verify(formerToken, new Date())).rejects.toMatchObject({
      code: 'token-key-unknown',
    })
  })
})
