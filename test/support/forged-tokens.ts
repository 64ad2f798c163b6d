import { deflateRawSync } from 'node:zlib'
import { CompactEncrypt, CompactSign, importJWK, UnsecuredJWT } from 'jose'
import { readPublicKeys } from '../../lib/token/key-files.ts'
import type { Forger } from './forger.ts'
import { issueTestToken } from './tokens.ts'

/** A token that nobody may accept, and what is wrong with it. */
export interface ForgedToken {
  readonly attack: string
  readonly token: string
}

/** Attacks in the manner of RFC 7520's examples and of Wycheproof's vectors, made of fresh keys. */
export async function forgeTokens(forger: Forger): Promise<ForgedToken[]> {
  const attacks = [wrongNesting, wrongKeys, wrongHeaders, wrongClaims, wrongText, wrongCrypto]
  return (await Promise.all(attacks.map((attack) => attack(forger)))).flat()
}

const named = async (tokens: Readonly<Record<string, Promise<string> | string>>) =>
  Promise.all(
    Object.entries(tokens).map(async ([attack, token]) => ({ attack, token: await token })),
  )

/** Changes one segment of a compact serialisation, as bytes. */
function changeSegment(token: string, index: number, change: (bytes: Buffer) => Buffer): string {
  const segments = token.split('.')
  const changed = change(Buffer.from(segments[index] ?? '', 'base64url'))
  return segments.with(index, changed.toString('base64url')).join('.')
}

const changeText = (token: string, index: number, change: (text: string) => string) =>
  changeSegment(token, index, (bytes) => Buffer.from(change(bytes.toString())))

async function wrongNesting({ claims, sign, encrypt }: Forger): Promise<ForgedToken[]> {
  const unsecured = new UnsecuredJWT(claims).encode()
  const signed = await sign(claims)
  return named({
    'signed, not encrypted': signed,
    'encrypted, not signed': encrypt(JSON.stringify(claims)),
    'algorithm none': unsecured,
    'algorithm none, encrypted': encrypt(unsecured),
    'an encryption in an encryption': encrypt(await encrypt(signed)),
    'a signature in a signature': encrypt(await sign(signed)),
    'compressed bytes': encrypt(deflateRawSync(Buffer.alloc(4_000_000)).subarray(0, 4_000)),
    'a detached payload': encrypt(signed.replace(/\.[^.]*\./, '..')),
    'JSON serialisation': encrypt(
      JSON.stringify({ payload: signed.split('.')[1], signatures: [] }),
    ),
  })
}

async function wrongKeys({ keys, claims, sign, encrypt, signingKey }: Forger) {
  const { kid, key } = await signingKey('authentication-signature')
  const [record] = await readPublicKeys(keys.directory, 'authorisation-signature')
  const publicBytes = Buffer.from(record?.jwk.x ?? '', 'base64url')
  const hmac = new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'HS256', typ: 'ips-authorisation+jwt', kid: record?.kid ?? '' })
    .sign(publicBytes)
  return named({
    'the authentication’s key': encrypt(await sign(claims, { kid, typ: 'at+jwt' }, key)),
    'the authentication’s key, our type': encrypt(await sign(claims, { kid }, key)),
    'the authentication’s key under our id': encrypt(await sign(claims, {}, key)),
    'an HMAC with the public key': encrypt(await hmac),
  })
}

const wrongSignatureHeaders = {
  'no type': { typ: undefined },
  'another type': { typ: 'JWT' },
  'no key id': { kid: undefined },
  'an unknown key id': { kid: 'unknown' },
  'a key id that is a path': { kid: '../../etc/passwd' },
  'a key id of a prototype': { kid: '__proto__' },
  'a critical extension': { crit: ['exotic'], exotic: 1 },
  'a key of its own': { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } },
  'an unexpected member': { x5u: 'http://127.0.0.1/' },
}

const wrongEncryptionHeaders = {
  'no content type': { cty: undefined },
  'another content type': { cty: 'JWE' },
  'no key id': { kid: undefined },
  'an unknown key id': { kid: 'unknown' },
  'another content encryption': { enc: 'A128CBC-HS256' },
  'another key management': { alg: 'ECDH-ES' },
  'a critical extension': { crit: ['exotic'], exotic: 1 },
  compression: { zip: 'DEF' },
  'an unexpected member': { jku: 'http://127.0.0.1/' },
}

async function wrongHeaders({ claims, sign, encrypt }: Forger): Promise<ForgedToken[]> {
  const signed = await sign(claims)
  const byPassword = new CompactEncrypt(Buffer.from(signed))
    .setKeyManagementParameters({ p2c: 1_000 })
    .setProtectedHeader({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', cty: 'JWT', kid: 'x' })
    .encrypt(new TextEncoder().encode('password'))
  const secret = await importJWK({ kty: 'oct', k: Buffer.alloc(32).toString('base64url') }, 'dir')
  const direct = new CompactEncrypt(Buffer.from(signed))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'JWT', kid: 'x' })
    .encrypt(secret)
  const all = Object.entries(wrongSignatureHeaders).map(async ([what, header]) => ({
    attack: `signed with ${what}`,
    token: await encrypt(await sign(claims, header)),
  }))
  const outer = Object.entries(wrongEncryptionHeaders).map(async ([what, header]) => ({
    attack: `encrypted with ${what}`,
    token: await encrypt(signed, header),
  }))
  const doubled = (text: string) => text.replace('{', '{"alg":"none",')
  return [
    ...(await Promise.all([...all, ...outer])),
    ...(await named({
      'encrypted by password': byPassword,
      'encrypted with a shared secret': direct,
      'duplicate members in the outer header': changeText(await encrypt(signed), 0, doubled),
      'duplicate members in the inner header': encrypt(changeText(signed, 0, doubled)),
    })),
  ]
}

const wrongMembers = {
  'another issuer': { iss: 'other' },
  'the authentication as issuer': { iss: 'ips/authentication' },
  'another audience': { aud: 'ips/authorisation' },
  'several audiences': { aud: ['ips', 'other'] },
  'no client': { sub: undefined },
  'an empty client': { sub: '' },
  'a client that is a number': { sub: 7 },
  'no expiry': { exp: undefined },
  'an expiry that is text': { exp: '9999999999' },
  'an expiry beyond every calendar': { exp: 1e15 },
  'a negative expiry': { exp: -1 },
  'no time of issue': { iat: undefined },
  'no id': { jti: undefined },
  'a degradation that is text': { degraded: 'no' },
}

async function wrongClaims({ claims, sign, encrypt }: Forger): Promise<ForgedToken[]> {
  const members = Object.entries({ ...wrongMembers, early: { nbf: claims.iat + 31 } })
  const forged = members.map(async ([what, changed]) => ({
    attack: `claims with ${what}`,
    token: await encrypt(await sign({ ...claims, ...changed })),
  }))
  return Promise.all(forged)
}

async function wrongText({ claims, sign, encrypt }: Forger): Promise<ForgedToken[]> {
  const json = JSON.stringify(claims)
  const texts = {
    'duplicate members': json.replace('{', '{"sub":"victim",'),
    'a prototype': json.replace('{', '{"__proto__":{"sub":"victim"},"sub":"",'),
    'no JSON': 'claims',
    'an array': '[]',
    null: 'null',
    'nothing at all': '',
    'a byte order mark': `\u{feff}${json}`,
    'white space': ` ${json}`,
    'a number with an exponent': json.replace(/"iat":(\d+)/, '"iat":$1e0'),
    'brackets nested deeply': `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
  }
  return Promise.all(
    Object.entries(texts).map(async ([what, text]) => ({
      attack: `claims that are ${what}`,
      token: await encrypt(await sign(text)),
    })),
  )
}

/** The order of the group of Ed25519, little-endian: a signature's scalar plus it is the same scalar to a careless verifier. */
const groupOrder = (1n << 252n) + 27742317777372353535851937790883648493n

function addGroupOrder(signature: Buffer): Buffer {
  const scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`)
  const sum = (scalar + groupOrder).toString(16).padStart(64, '0')
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(sum, 'hex').reverse()])
}

async function wrongCrypto({ claims, sign, encrypt, keys }: Forger): Promise<ForgedToken[]> {
  const signed = await sign(claims)
  const token = await encrypt(signed)
  const shorter = (bytes: number) => changeSegment(token, 4, (tag) => tag.subarray(0, bytes))
  const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as {
    epk: { x: string; y: string }
  }
  const withPoint = (point: object) =>
    changeText(token, 0, () => JSON.stringify({ ...header, epk: { ...header.epk, ...point } }))
  const zero = Buffer.alloc(32).toString('base64url')
  const inner = (change: (bytes: Buffer) => Buffer) => encrypt(changeSegment(signed, 2, change))
  const other = await issueTestToken(keys, { issuedAt: new Date(claims.iat * 1_000) })
  return [
    ...mixtures(token, other),
    ...(await named({
      'a tag of 12 bytes': shorter(12),
      'a tag of 8 bytes': shorter(8),
      'a tag of no bytes': shorter(0),
      'a longer tag': changeSegment(token, 4, (tag) => Buffer.concat([tag, Buffer.alloc(1)])),
      'a nonce of 8 bytes': changeSegment(token, 2, (nonce) => nonce.subarray(0, 8)),
      'an empty nonce': changeSegment(token, 2, () => Buffer.alloc(0)),
      'an empty wrapped key': changeSegment(token, 1, () => Buffer.alloc(0)),
      'a point that is on no curve': withPoint({ y: header.epk.x }),
      'the point of zeros': withPoint({ x: zero, y: zero }),
      'a short point': withPoint({ y: 'AAAA' }),
      'an empty point': withPoint({ y: '' }),
      'a signature with the group’s order added': inner(addGroupOrder),
      'a signature of zeros': inner((signature) => Buffer.alloc(signature.length)),
      'a short signature': inner((signature) => signature.subarray(0, 63)),
      'a long signature': inner((signature) => Buffer.concat([signature, Buffer.alloc(1)])),
      'an empty signature': inner(() => Buffer.alloc(0)),
    })),
  ]
}

/** The parts of two good tokens put together, in every way. */
function mixtures(one: string, other: string): ForgedToken[] {
  const [a, b] = [one.split('.'), other.split('.')]
  return Array.from({ length: 30 }, (_unused, index) => ({
    attack: `mixture ${index + 1} of two tokens`,
    token: a.map((segment, at) => ((index + 1) & (1 << at) ? b[at] : segment)).join('.'),
  }))
}
