import { createPrivateKey, sign as signBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, exportSPKI, generateKeyPair, type JWK } from 'jose'
import { readDeviceKey, type DeviceKey } from '../../../lib/token/read-device-key.ts'
import { verifyAssertion } from '../../../lib/token/verify-assertion.ts'

const at = new Date('2026-01-01T00:00:00Z')
const exp = at.getTime() / 1_000 + 60
const members = { iss: 'camera', sub: 'camera', aud: 'ips', exp, jti: 'once' }

const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** The order of the group of P-256. */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
const zero = Buffer.alloc(32)
const one = Buffer.concat([Buffer.alloc(31), Buffer.of(1)])

describe('an assertion of a device with a key of P-256', () => {
  let key: { kid: string; jwk: DeviceKey }
  let signed: string
  let good: { p1363: Buffer; der: Buffer }

  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    key = await readDeviceKey(await exportSPKI(publicKey))
    const jwk: JWK = await exportJWK(privateKey)
    const signer = createPrivateKey({ key: { ...jwk, kty: 'EC' }, format: 'jwk' })
    signed = `${segment({ alg: 'ES256', kid: key.kid })}.${segment(members)}`
    const bytes = Buffer.from(signed)
    good = {
      p1363: signBytes('sha256', bytes, { key: signer, dsaEncoding: 'ieee-p1363' }),
      der: signBytes('sha256', bytes, { key: signer, dsaEncoding: 'der' }),
    }
  })

  const verify = (signature: Buffer) =>
    verifyAssertion(`${signed}.${signature.toString('base64url')}`, {
      ...{ audiences: ['ips'], at },
      findKey: (clientId, kid) =>
        Promise.resolve(clientId === 'camera' && kid === key.kid ? key.jwk : undefined),
    })

  test('is taken with the signature of RFC 7518', async () => {
    await expect(verify(good.p1363)).resolves.toMatchObject({ clientId: 'camera', jti: 'once' })
  })

  const half = (index: 0 | 1) => good.p1363.subarray(index * 32, index * 32 + 32)
  const forged: Record<string, () => Buffer> = {
    'zeros, which fit everything in a careless verifier': () => Buffer.alloc(64),
    'r of zero': () => Buffer.concat([zero, half(1)]),
    's of zero': () => Buffer.concat([half(0), zero]),
    'r and s of one': () => Buffer.concat([one, one]),
    'r as the group’s order': () => Buffer.concat([order, half(1)]),
    's as the group’s order': () => Buffer.concat([half(0), order]),
    'r and s exchanged': () => Buffer.concat([half(1), half(0)]),
    'the DER form': () => good.der,
    'a byte less': () => good.p1363.subarray(0, 63),
    'a byte more': () => Buffer.concat([good.p1363, Buffer.alloc(1)]),
    'wider halves': () => Buffer.concat([Buffer.alloc(1), half(0), Buffer.alloc(1), half(1)]),
    nothing: () => Buffer.alloc(0),
  }
  test.each(Object.entries(forged))('is refused with a signature of %s', async (_what, forge) => {
    await expect(verify(forge())).rejects.toMatchObject({ code: 'token-invalid', retryable: false })
  })
})
