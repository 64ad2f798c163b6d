import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  createAuthenticationTokenIssuer,
  createAuthenticationTokenVerifier,
} from '../../../lib/token/create-authentication-tokens.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

const issuedAt = new Date('2026-01-01T00:00:00Z')
const later = (seconds: number) => new Date(issuedAt.getTime() + seconds * 1_000)

describe('authentication tokens', () => {
  let keys: TestKeys
  let token: string
  const options = () => ({ keysDirectory: keys.directory, issuer: keys.issuer })
  beforeAll(async () => {
    keys = await createTestKeys()
    token = await createAuthenticationTokenIssuer(options()).issue({
      clientId: 'c1',
      issuedAt,
      lifetimeSeconds: 600,
    })
  })
  afterAll(() => keys.remove())

  test('say who the client is', async () => {
    const verifier = createAuthenticationTokenVerifier(options())
    await expect(verifier.verify(token, later(629))).resolves.toEqual({ clientId: 'c1' })
  })

  test('say that they were issued from memory where they were, and only there', async () => {
    const verifier = createAuthenticationTokenVerifier(options())
    await fc.assert(
      fc.asyncProperty(fc.boolean(), async (degraded) => {
        const issuer = createAuthenticationTokenIssuer(options())
        const it = { clientId: 'c1', issuedAt, lifetimeSeconds: 60, degraded }
        await expect(verifier.verify(await issuer.issue(it), issuedAt)).resolves.toStrictEqual({
          ...{ clientId: 'c1' },
          ...(degraded ? { degraded } : {}),
        })
      }),
      { numRuns: 4 },
    )
  })

  test('expire', async () => {
    const verifier = createAuthenticationTokenVerifier(options())
    await expect(verifier.verify(token, later(630))).rejects.toMatchObject({
      code: 'token-expired',
    })
  })

  test('never pass as authorisation tokens, nor the other way round', async () => {
    await expect(keys.createVerifier().verify(token, issuedAt)).rejects.toMatchObject({
      code: 'token-invalid',
    })
    const authorisation = await issueTestToken(keys, { issuedAt })
    const verifier = createAuthenticationTokenVerifier(options())
    await expect(verifier.verify(authorisation, issuedAt)).rejects.toMatchObject({
      code: 'token-invalid',
    })
  })

  test('are refused with any character changed, removed or added', async () => {
    const verifier = createAuthenticationTokenVerifier(options())
    const change = fc.tuple(
      fc.nat({ max: token.length - 1 }),
      fc.nat({ max: 2 }),
      fc.string({ unit: 'binary', maxLength: 2 }),
    )
    await fc.assert(
      fc.asyncProperty(change, async ([at, remove, add]) => {
        const mutated = token.slice(0, at) + add + token.slice(at + remove)
        fc.pre(mutated !== token)
        await expect(verifier.verify(mutated, issuedAt)).rejects.toMatchObject({
          code: 'token-invalid',
        })
      }),
      { numRuns: 300 },
    )
  })
})
