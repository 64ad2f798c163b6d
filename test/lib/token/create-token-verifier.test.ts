import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

describe('createTokenVerifier', () => {
  let keys: TestKeys
  beforeAll(async () => {
    keys = await createTestKeys()
  })
  afterAll(() => keys.remove())

  test('gives back what the token says', async () => {
    const issuedAt = new Date('2026-01-01T00:00:00Z')
    const rights = { 'ingest-1.*': true, 'faceextract-1.0': { minConfidence: 0.9 } }
    const token = await issueTestToken(keys, { clientId: 'c1', rights, issuedAt })
    const verified = await keys.createVerifier().verify(token, issuedAt)
    expect(verified).toEqual({
      clientId: 'c1',
      rights,
      issuedAt,
      expiresAt: new Date('2026-01-01T01:00:00Z'),
      degraded: false,
    })
  })
})
