import { describe, expect, test } from '@jest/globals'
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair } from 'jose'
import { readDeviceKey } from '../../../lib/token/read-device-key.ts'

describe('readDeviceKey', () => {
  test.each(['EdDSA', 'ES256'])('reads a key of %s from PEM and from a JWK alike', async (alg) => {
    const { publicKey } = await generateKeyPair(alg, { extractable: true })
    const fromPem = await readDeviceKey(await exportSPKI(publicKey))
    const jwk = { ...(await exportJWK(publicKey)), use: 'sig', kid: 'mine' }
    expect(await readDeviceKey(`\n${JSON.stringify(jwk)}`)).toEqual(fromPem)
    expect(fromPem.jwk).not.toHaveProperty('kid')
  })

  test('refuses a private key, which stays where it is', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
    const texts = [await exportPKCS8(privateKey), JSON.stringify(await exportJWK(privateKey))]
    for (const text of texts)
      await expect(readDeviceKey(text)).rejects.toMatchObject({ code: 'key-private' })
  })

  test('refuses keys of other kinds, and what is none', async () => {
    const { publicKey } = await generateKeyPair('RS256', { extractable: true })
    const { publicKey: p384 } = await generateKeyPair('ES384', { extractable: true })
    const texts = [await exportSPKI(publicKey), await exportSPKI(p384), '{"kty":"oct","k":"AAAA"}']
    for (const text of [...texts, '{', '', 'ssh-ed25519 AAAA'])
      await expect(readDeviceKey(text)).rejects.toMatchObject({ code: 'key-unsupported' })
  })
})
