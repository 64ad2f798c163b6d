import { compactVerify, type CryptoKey } from 'jose'
import type { z } from 'zod'
import {
  readCanonicalJson,
  signatureAlgorithm,
  signatureHeader,
  splitSegments,
  tokenInvalid,
  tokenMembers,
} from './token-format.ts'

/** What a signed token must say of itself. */
export interface ExpectedToken {
  readonly type: string
  readonly issuer: string
  readonly audience: string
}

/** A token's members, those that every token has checked. */
export type TokenMembers = z.output<ReturnType<typeof tokenMembers>>

/** The key id that a signed token names. Verifies nothing. Throws `IpsError('token-invalid')`. */
export function signatureKeyIdOf(jws: string, type: string): string {
  const [header = ''] = splitSegments(jws, 3)
  return readCanonicalJson(Buffer.from(header, 'base64url'), signatureHeader(type)).kid
}

/**
 * Verifies the signature, type, issuer and audience of a compact JWS; not its times. Throws `IpsError('token-invalid')`.
 */
export async function readSignedToken(
  jws: string,
  key: CryptoKey,
  expected: ExpectedToken,
): Promise<TokenMembers> {
  signatureKeyIdOf(jws, expected.type)
  const payload = await verifySignature(jws, key)
  return readCanonicalJson(payload, tokenMembers(expected))
}

async function verifySignature(jws: string, key: CryptoKey): Promise<Uint8Array> {
  try {
    const { payload } = await compactVerify(jws, key, { algorithms: [signatureAlgorithm] })
    return payload
  } catch (cause) {
    throw tokenInvalid('its signature is wrong', cause)
  }
}
