import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CompactEncrypt, CompactSign, importJWK, UnsecuredJWT, type CryptoKey } from 'jose'
import { importKey } from '../../../lib/token/read-verification-keys.ts'
import { readPrivateKeys, readPublicKeys } from '../../../lib/token/key-files.ts'
import type { TokenVerifier } from '../../../lib/token/verified-token.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

const at = new Date('2026-01-01T00:00:00Z')
const iat = at.getTime() / 1_000

const payload = {
  'ingest-1.*': true,
  iss: 'ips',
  aud: 'ips',
  sub: 'attacker',
  iat,
  exp: iat + 3_600,
  jti: 'x',
}

/** Somebody who holds all keys, and so can build what only a mistake of ours would accept. */
interface Insider {
  readonly signKid: string
  readonly signKey: CryptoKey
  readonly encryptKid: string
  readonly encryptKey: CryptoKey
}

describe('a token verifier', () => {
  let keys: TestKeys
  let verifier: TokenVerifier
  let insider: Insider
  let otherSignKey: CryptoKey
  let otherSignKid: string

  beforeAll(async () => {
    keys = await createTestKeys()
    verifier = keys.createVerifier()
    const [encrypt] = await readPublicKeys(keys.directory, 'authorisation-encryption')
    const sign = [...(await readPrivateKeys(keys.directory, 'authorisation-signature'))][0]
    const other = [...(await readPrivateKeys(keys.directory, 'authentication-signature'))][0]
    if (!encrypt || !sign || !other) throw new Error('keys are missing')
    insider = {
      signKid: sign[0],
      signKey: await importKey(sign[1], 'authorisation-signature'),
      encryptKid: encrypt.kid,
      encryptKey: await importKey(encrypt.jwk, 'authorisation-encryption'),
    }
    otherSignKid = other[0]
    otherSignKey = await importKey(other[1], 'authentication-signature')
  })
  afterAll(() => keys.remove())

  const sign = (
    content: string | object,
    header: object = {},
    key: CryptoKey = insider.signKey,
  ): Promise<string> =>
    new CompactSign(Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)))
      .setProtectedHeader({
        alg: 'EdDSA',
        typ: 'ips-authorisation+jwt',
        kid: insider.signKid,
        ...header,
      })
      .sign(key, { crit: { exotic: true } })

  const encrypt = (content: string | Uint8Array, header: object = {}): Promise<string> =>
    new CompactEncrypt(Buffer.from(content))
      .setProtectedHeader({
        alg: 'ECDH-ES+A256KW',
        enc: 'A256GCM',
        cty: 'JWT',
        kid: insider.encryptKid,
        ...header,
      })
      .encrypt(insider.encryptKey, { crit: { exotic: true } })

  const expectRefusal = (token: string) =>
    expect(verifier.verify(token, at)).rejects.toMatchObject({
      name: 'IpsError',
      code: expect.stringMatching(/^token-(invalid|key-unknown)$/),
      retryable: false,
    })

  test('accepts what is built as its issuer builds it', async () => {
    const token = await encrypt(await sign(payload))
    await expect(verifier.verify(token, at)).resolves.toMatchObject({ clientId: 'attacker' })
  })

  test('refuses a signed token that is not encrypted', async () => {
    await expectRefusal(await sign(payload))
  })

  test('refuses claims that are encrypted but not signed', async () => {
    await expectRefusal(await encrypt(JSON.stringify(payload)))
  })

  test('refuses algorithm none within the encryption, and alone', async () => {
    const unsecured = new UnsecuredJWT(payload).encode()
    await expectRefusal(unsecured)
    await expectRefusal(await encrypt(unsecured))
  })

  test('refuses an encryption within an encryption', async () => {
    await expectRefusal(await encrypt(await encrypt(await sign(payload))))
  })

  test('refuses a signature within a signature', async () => {
    await expectRefusal(await encrypt(await sign(await sign(payload))))
  })

  test('refuses a signature by the authentication’s key', async () => {
    await expectRefusal(
      await encrypt(await sign(payload, { kid: otherSignKid, typ: 'at+jwt' }, otherSignKey)),
    )
    await expectRefusal(await encrypt(await sign(payload, { kid: otherSignKid }, otherSignKey)))
    await expectRefusal(await encrypt(await sign(payload, {}, otherSignKey)))
  })

  test('refuses an HMAC with the public key as its secret', async () => {
    const [record] = await readPublicKeys(keys.directory, 'authorisation-signature')
    const secret = Buffer.from(record?.jwk.x ?? '', 'base64url')
    const token = await new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader({
        alg: 'HS256',
        typ: 'ips-authorisation+jwt',
        kid: record?.kid ?? '',
      })
      .sign(secret)
    await expectRefusal(await encrypt(token))
  })

  test.each([
    ['no type', { typ: undefined }],
    ['another type', { typ: 'JWT' }],
    ['no key id', { kid: undefined }],
    ['an unknown key id', { kid: 'unknown' }],
    ['a critical extension', { crit: ['exotic'], exotic: 1 }],
    ['a key of its own', { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } }],
    ['a member that nobody expects', { x5u: 'http://127.0.0.1/' }],
  ])('refuses a signature with %s in its header', async (_what, header) => {
    await expectRefusal(await encrypt(await sign(payload, header)))
  })

  test.each([
    ['no content type', { cty: undefined }],
    ['another content type', { cty: 'JWE' }],
    ['no key id', { kid: undefined }],
    ['an unknown key id', { kid: 'unknown' }],
    ['another content encryption', { enc: 'A128CBC-HS256' }],
    ['another key management', { alg: 'ECDH-ES' }],
    ['a critical extension', { crit: ['exotic'], exotic: 1 }],
    ['compression', { zip: 'DEF' }],
    ['a member that nobody expects', { jku: 'http://127.0.0.1/' }],
  ])('refuses an encryption with %s in its header', async (_what, header) => {
    await expectRefusal(await encrypt(await sign(payload), header))
  })

  test('refuses a bomb of compressed zeros', async () => {
    const bomb = deflateRawSync(Buffer.alloc(4_000_000))
    await expectRefusal(await encrypt(bomb.subarray(0, 4_000)))
    await expectRefusal(await encrypt(Buffer.alloc(4_000_000), { zip: 'DEF' }))
  })

  test('refuses an encryption by password', async () => {
    const token = await new CompactEncrypt(Buffer.from(await sign(payload)))
      .setKeyManagementParameters({ p2c: 1_000 })
      .setProtectedHeader({
        alg: 'PBES2-HS512+A256KW',
        enc: 'A256GCM',
        cty: 'JWT',
        kid: insider.encryptKid,
      })
      .encrypt(new TextEncoder().encode('password'))
    await expectRefusal(token)
  })

  test('refuses a direct encryption with a shared secret', async () => {
    const secret = await importJWK({ kty: 'oct', k: Buffer.alloc(32).toString('base64url') }, 'dir')
    const token = await new CompactEncrypt(Buffer.from(await sign(payload)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'JWT', kid: insider.encryptKid })
      .encrypt(secret)
    await expectRefusal(token)
  })

  test.each([
    ['another issuer', { iss: 'other' }],
    ['the authentication as its issuer', { iss: 'ips/authentication' }],
    ['another audience', { aud: 'ips/authorisation' }],
    ['several audiences', { aud: ['ips', 'other'] }],
    ['no client', { sub: undefined }],
    ['an empty client', { sub: '' }],
    ['a client that is a number', { sub: 7 }],
    ['no expiry', { exp: undefined }],
    ['an expiry that is text', { exp: '9999999999' }],
    ['an expiry beyond every calendar', { exp: 1e15 }],
    ['no time of issue', { iat: undefined }],
    ['no id', { jti: undefined }],
    ['a beginning in the future', { nbf: iat + 31 }],
    ['a degradation that is text', { degraded: 'no' }],
  ])('refuses a token with %s', async (_what, members) => {
    await expectRefusal(await encrypt(await sign({ ...payload, ...members })))
  })

  test('refuses duplicate members in the claims', async () => {
    const text = JSON.stringify(payload).replace('{', '{"sub":"victim",')
    await expectRefusal(await encrypt(await sign(text)))
  })

  test('refuses duplicate members in either header', async () => {
    const rewrite = (token: string, change: (header: string) => string) => {
      const [header = '', ...rest] = token.split('.')
      const text = change(Buffer.from(header, 'base64url').toString())
      return [Buffer.from(text).toString('base64url'), ...rest].join('.')
    }
    const doubled = (text: string) => text.replace('{', '{"alg":"none",')
    await expectRefusal(rewrite(await encrypt(await sign(payload)), doubled))
    await expectRefusal(await encrypt(rewrite(await sign(payload), doubled)))
  })

  test.each([
    ['no JSON', 'claims'],
    ['an array', '[]'],
    ['null', 'null'],
    ['bytes that are not UTF-8', '"\u{fffd}"'],
  ])('refuses claims that are %s', async (_what, text) => {
    await expectRefusal(await encrypt(await sign(text)))
  })

  test('refuses the parts of two good tokens put together', async () => {
    const a = (await issueTestToken(keys, { issuedAt: at, clientId: 'a' })).split('.')
    const b = (await issueTestToken(keys, { issuedAt: at, clientId: 'b' })).split('.')
    for (let mask = 1; mask < 31; mask += 1) {
      const mixed = a.map((segment, index) => (mask & (1 << index) ? segment : b[index]))
      await expectRefusal(mixed.join('.'))
    }
  })

  test('refuses the key of another curve point, an invalid one included', async () => {
    const token = await encrypt(await sign(payload))
    const [header = '', ...rest] = token.split('.')
    const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
      epk: { x: string; y: string }
    }
    for (const y of [parsed.epk.x, 'AAAA', '', Buffer.alloc(32).toString('base64url')]) {
      const changed = JSON.stringify({ ...parsed, epk: { ...parsed.epk, y } })
      await expectRefusal([Buffer.from(changed).toString('base64url'), ...rest].join('.'))
    }
  })
})
