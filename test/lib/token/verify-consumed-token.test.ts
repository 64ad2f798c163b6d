import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { cp } from 'node:fs/promises'
import { keyArrivalMs, verifyConsumedToken } from '../../../lib/token/verify-consumed-token.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

describe('verifyConsumedToken', () => {
  let keys: TestKeys
  let others: TestKeys
  beforeAll(async () => {
    ;[keys, others] = await Promise.all([createTestKeys(), createTestKeys()])
  })
  afterAll(() => Promise.all([keys.remove(), others.remove()]))

  const verifyAfter = async (ageMs: number, token?: string) => {
    const ingestedAt = new Date()
    return verifyConsumedToken(
      keys.createVerifier(),
      { token: token ?? (await issueTestToken(others)), ingestedAt },
      () => ingestedAt.getTime() + ageMs,
    )
  }

  test.each([0, keyArrivalMs - 1, 1 - keyArrivalMs])(
    'has a record read again whose key is unknown, %d ms after its ingestion',
    async (ageMs) => {
      await expect(verifyAfter(ageMs)).rejects.toMatchObject({
        code: 'token-key-unknown',
        retryable: true,
      })
    },
  )

  test.each([keyArrivalMs, 86_400_000, -86_400_000])(
    'gives a record up whose key is unknown, %d ms after its ingestion',
    async (ageMs) => {
      await expect(verifyAfter(ageMs)).rejects.toMatchObject({
        code: 'token-key-unknown',
        retryable: false,
      })
    },
  )

  test('does not wait for a token that is none', async () => {
    await expect(verifyAfter(0, 'none')).rejects.toMatchObject({
      code: 'token-invalid',
      retryable: false,
    })
  })

  test('accepts the token as soon as its key has arrived', async () => {
    const late = await createTestKeys()
    const token = await issueTestToken(others, { clientId: 'early' })
    const record = { token, ingestedAt: new Date() }
    await expect(verifyConsumedToken(late.createVerifier(), record)).rejects.toMatchObject({
      retryable: true,
    })
    await cp(others.directory, late.directory, { recursive: true })
    await expect(verifyConsumedToken(late.createVerifier(), record)).resolves.toMatchObject({
      clientId: 'early',
    })
    await late.remove()
  })
})
