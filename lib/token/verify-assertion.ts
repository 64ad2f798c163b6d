import { compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import { algorithmOf, type DeviceKey } from './read-device-key.ts'
import { checkTimes, splitSegments, tokenInvalid } from './token-format.ts'

/** An assertion is made for one request: nothing that lives longer is accepted. */
export const maxAssertionSeconds = 300
/** A device's clock may be so far off. */
const skewSeconds = 30
/** An assertion says little. */
const maxAssertionLength = 4 * 1024

/** Printable ASCII: a database holds it, and a log shows it. */
const name = z
  .string()
  .max(128)
  .regex(/^[\x21-\x7e]+$/)

/** Further members mean nothing here, but `crit` would say that they must. */
const header = z.looseObject({
  alg: z.enum(['EdDSA', 'ES256']),
  typ: z.enum(['JWT', 'jwt', 'client-authentication+jwt']).exactOptional(),
  kid: name,
  crit: z.undefined().optional(),
  b64: z.undefined().optional(),
})

const members = z.looseObject({
  iss: name,
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string()).min(1).max(8)]),
  exp: z.number().min(0).max(1e11),
  nbf: z.number().optional(),
  iat: z.number().optional(),
  jti: name,
})

/** The only member that says whom a refusal is about. */
const names = z.looseObject({ sub: z.string() })

/** What a good assertion says. */
export interface VerifiedAssertion {
  readonly clientId: string
  /** Used once only: for whoever keeps the ids that were used, until `expiresAt`. */
  readonly jti: string
  readonly expiresAt: Date
}

/** What an assertion is checked against. */
export interface AssertionOptions {
  /** Names of the one who asks for it, of which it must say one. */
  readonly audiences: readonly string[]
  readonly at: Date
  /** A registered key of a client. */
  readonly findKey: (clientId: string, kid: string) => Promise<DeviceKey | undefined>
}

/**
 * Who an assertion says that it is about, also where it lacks what else it needs. Verifies nothing. Throws
 * `IpsError('token-invalid')`.
 */
export function readAssertionNames(jwt: string): { clientId: string } {
  const { sub } = read(splitAssertion(jwt).body, names)
  return { clientId: sub }
}

/**
 * Verifies a client assertion (RFC 7523, section 3): signed by a registered key with that key's own algorithm, about its
 * signer, for this audience, and with at most five minutes left to live. Does not know whether it was used before. Throws
 * `IpsError('token-invalid')` or `IpsError('token-expired')`, and what `findKey` throws.
 */
export async function verifyAssertion(
  jwt: string,
  { audiences, at, findKey }: AssertionOptions,
): Promise<VerifiedAssertion> {
  const { head, body } = readAssertion(jwt)
  const { alg, kid } = head
  const { iss, sub, aud, exp, nbf, iat, jti } = body
  if (iss !== sub) throw tokenInvalid('iss and sub must both be the client’s id')
  const key = await findKey(sub, kid)
  if (key === undefined || algorithmOf(key) !== alg) throw tokenInvalid('its key is not known')
  await verifySignature(jwt, key)
  if (![aud].flat().some((name) => audiences.includes(name)))
    throw tokenInvalid('it is for somebody else')
  checkTimes({ exp, nbf: Math.max(nbf ?? 0, iat ?? 0) }, at)
  if (exp - at.getTime() / 1000 > maxAssertionSeconds + skewSeconds)
    throw tokenInvalid(`it lives for more than ${maxAssertionSeconds} s`)
  return { clientId: sub, jti, expiresAt: new Date((exp + skewSeconds) * 1000) }
}

function readAssertion(jwt: string) {
  const { head, body } = splitAssertion(jwt)
  return { head: read(head, header), body: read(body, members) }
}

function splitAssertion(jwt: string) {
  if (jwt.length > maxAssertionLength) throw tokenInvalid('it is too long')
  const [head = '', body = ''] = splitSegments(jwt, 3)
  return { head, body }
}

async function verifySignature(jwt: string, key: DeviceKey): Promise<void> {
  const algorithm = algorithmOf(key)
  try {
    await compactVerify(jwt, await importJWK(key, algorithm), { algorithms: [algorithm] })
  } catch (cause) {
    throw tokenInvalid('its signature is wrong', cause)
  }
}

/** Devices write their JSON in their own ways; the signature is over these very bytes, which are read once. */
function read<Schema extends z.ZodType>(segment: string, schema: Schema): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(segment, 'base64url').toString('utf8')))
  } catch (cause) {
    throw tokenInvalid('it is no assertion', cause)
  }
}
