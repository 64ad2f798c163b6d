import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { TokenVerifier } from '../../../lib/token/verified-token.ts'
import { forgeTokens } from '../../support/forged-tokens.ts'
import { createForger, type Forger } from '../../support/forger.ts'
import { createTestKeys, type TestKeys } from '../../support/tokens.ts'

const at = new Date('2026-01-01T00:00:00Z')

describe('a token verifier', () => {
  let keys: TestKeys
  let verifier: TokenVerifier
  let forger: Forger

  beforeAll(async () => {
    keys = await createTestKeys()
    verifier = keys.createVerifier()
    forger = await createForger(keys, at)
  })
  afterAll(() => keys.remove())

  /** The code with which a token is refused, or what is wrong with how it is treated. */
  async function verdictOn(token: string): Promise<string> {
    try {
      await verifier.verify(token, at)
      return 'accepted'
    } catch (error) {
      if (!(error instanceof IpsError)) return `thrown: ${String(error)}`
      return error.retryable ? `retryable: ${error.code}` : error.code
    }
  }

  const isRefusal = (verdict: string) => /^token-(invalid|key-unknown)$/.test(verdict)

  test('accepts what is built as its issuer builds it', async () => {
    const { claims, sign, encrypt } = forger
    const token = await encrypt(await sign(claims))
    await expect(verifier.verify(token, at)).resolves.toMatchObject({ clientId: 'attacker' })
  })

  test('refuses every forged token', async () => {
    const forged = await forgeTokens(forger)
    const wrong: string[] = []
    for (const { attack, token } of forged) {
      const verdict = await verdictOn(token)
      if (!isRefusal(verdict)) wrong.push(`${attack}: ${verdict}`)
    }
    expect(wrong).toEqual([])
    expect(forged.length).toBeGreaterThan(90)
  })

  test('refuses claims that are any other JSON than a token’s, signed and encrypted as they may be', async () => {
    const { sign, encrypt } = forger
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 3 }), async (text) => {
        expect(isRefusal(await verdictOn(await encrypt(await sign(text))))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('refuses a token of which anything is changed, left out or put in', async () => {
    const { claims, sign, encrypt } = forger
    const token = await encrypt(await sign(claims))
    const position = fc.nat({ max: token.length - 1 })
    const insertion = fc.string({ unit: 'binary-ascii', maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(position, fc.nat({ max: 8 }), insertion, async (start, length, text) => {
        const changed = token.slice(0, start) + text + token.slice(start + length)
        fc.pre(changed !== token)
        expect(isRefusal(await verdictOn(changed))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('refuses giants without looking at them', async () => {
    for (const size of [13_000, 1_000_000, 20_000_000]) {
      expect(await verdictOn('a'.repeat(size))).toBe('token-invalid')
      expect(await verdictOn('a.'.repeat(size / 2))).toBe('token-invalid')
    }
  })
})
