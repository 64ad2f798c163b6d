import { calculateJwkThumbprint, exportJWK, importSPKI, type JWK } from 'jose'
import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'

/** A device's public key: Ed25519 for `EdDSA`, or P-256 for `ES256`. Nothing else of a key file is kept. */
export const deviceKey = z.union([
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.base64url() }),
  z.object({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.base64url(),
    y: z.base64url(),
  }),
])

export type DeviceKey = z.output<typeof deviceKey>

/** The only algorithm of a key's signatures. */
export function algorithmOf({ kty }: DeviceKey): 'EdDSA' | 'ES256' {
  return kty === 'OKP' ? 'EdDSA' : 'ES256'
}

/**
 * Reads a public key from a file's text: a JWK, or PEM (`openssl pkey -pubout`). Its id is its RFC 7638 thumbprint. Throws
 * `IpsError('key-private')` for one that must not leave its device, and `IpsError('key-unsupported')`.
 */
export async function readDeviceKey(text: string): Promise<{ kid: string; jwk: DeviceKey }> {
  if (/PRIVATE KEY/.test(text)) throw isPrivate()
  const jwk = text.trimStart().startsWith('{') ? parseJwk(text) : await importPem(text)
  if (jwk.d !== undefined) throw isPrivate()
  const result = deviceKey.safeParse(jwk)
  if (!result.success) throw unsupported(result.error)
  return { kid: await calculateJwkThumbprint(result.data), jwk: result.data }
}

function parseJwk(text: string): JWK {
  try {
    return JSON.parse(text) as JWK
  } catch (cause) {
    throw unsupported(cause)
  }
}

async function importPem(text: string): Promise<JWK> {
  for (const algorithm of ['EdDSA', 'ES256']) {
    const key = await importSPKI(text, algorithm, { extractable: true }).catch(() => undefined)
    if (key !== undefined) return exportJWK(key)
  }
  throw unsupported(undefined)
}

function unsupported(cause: unknown): IpsError {
  return new IpsError(
    'key-unsupported',
    'a public Ed25519 or P-256 key is needed, as a JWK or in PEM (openssl pkey -pubout)',
    { cause },
  )
}

function isPrivate(): IpsError {
  return new IpsError(
    'key-private',
    'this is a private key: it stays on its device; give the public one',
  )
}
