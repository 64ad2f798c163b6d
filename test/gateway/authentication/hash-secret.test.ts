import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createClientSecret, secretIdOf } from '../../../gateway/authentication/client-secret.ts'
import { hashSecret, matchesHash } from '../../../gateway/authentication/hash-secret.ts'

describe('hashSecret', () => {
  test('makes a hash that only its own secret matches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (secret, other) => {
        const hash = await hashSecret(secret)
        expect(await matchesHash(secret, hash)).toBe(true)
        expect(await matchesHash(other, hash)).toBe(other === secret)
      }),
      { numRuns: 5 },
    )
  })

  test('salts: the same secret never gives the same hash', async () => {
    expect(await hashSecret('secret')).not.toBe(await hashSecret('secret'))
  })

  test('writes its own cost beside the hash', async () => {
    expect(await hashSecret('secret')).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/)
  })
})

describe('matchesHash', () => {
  test('reads hashes of another cost', async () => {
    const cheap = '$scrypt$ln=4,r=1,p=1$c2FsdA$0lMqrXEAkHwXWBE3RtNJ4VMnEQE92oZl5ZjhGsvISEQ'
    expect(await matchesHash('another', cheap)).toBe(false)
  })

  test.each(['', 'secret', '$scrypt$ln=15,r=8,p=1$', '$argon2id$v=19$m=1$a$b'])(
    'refuses %p, which is no hash',
    async (stored) => {
      await expect(matchesHash('secret', stored)).rejects.toMatchObject({
        code: 'hash-unreadable',
      })
    },
  )

  test('does not follow a hash that asks for more memory than there should be', async () => {
    const greedy = '$scrypt$ln=30,r=8,p=1$c2FsdA$aGFzaA'
    await expect(matchesHash('secret', greedy)).rejects.toThrow()
  })
})

describe('createClientSecret', () => {
  test('names its own id, and never repeats itself', () => {
    const a = createClientSecret()
    expect(secretIdOf(a.secret)).toBe(a.secretId)
    expect(createClientSecret().secret).not.toBe(a.secret)
  })

  test('has 256 random bits beside the id', () => {
    expect(createClientSecret().secret).toMatch(/^ips\.[0-9a-f]{12}\.[0-9a-f]{64}$/)
  })
})
