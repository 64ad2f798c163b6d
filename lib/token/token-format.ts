import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'

/** The algorithms of tokens; nothing else is ever accepted. */
export const signatureAlgorithm = 'EdDSA'
export const keyManagementAlgorithm = 'ECDH-ES+A256KW'
export const contentEncryptionAlgorithm = 'A256GCM'

/** The audience of authorisation tokens. */
export const audience = 'ips'
/** Explicit types: a token of one kind never passes as another. */
export const authorisationType = 'ips-authorisation+jwt'
export const authenticationType = 'at+jwt'

/** Clocks of different machines may differ by this much. */
const clockSkewMs = 30_000

/** A request has 16 KiB for all of its headers; the other ones get a quarter of it. */
export const maxTokenLength = 12 * 1024

/** Members of a token that are not rights. */
const registeredMembers = new Set(['iss', 'aud', 'sub', 'iat', 'nbf', 'exp', 'jti', 'degraded'])

/** The last second of the year 9999: RFC 3339 writes no later date. */
const maxSeconds = 253_402_300_799
const seconds = z.int().min(0).max(maxSeconds)

/** Exactly what this system writes: no `zip`, `crit`, `p2c`, `jku` or anything else. */
export const encryptionHeader = z.strictObject({
  alg: z.literal(keyManagementAlgorithm),
  enc: z.literal(contentEncryptionAlgorithm),
  cty: z.literal('JWT'),
  kid: z.string().min(1),
  epk: z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
  }),
})

/** The header of a signature of the given type. */
export function signatureHeader(type: string) {
  return z.strictObject({
    alg: z.literal(signatureAlgorithm),
    typ: z.literal(type),
    kid: z.string().min(1),
  })
}

/** The members that every token has. */
export function tokenMembers(expected: { issuer: string; audience: string }) {
  return z.looseObject({
    iss: z.literal(expected.issuer),
    aud: z.literal(expected.audience),
    sub: z.string().min(1),
    iat: seconds,
    nbf: seconds.optional(),
    exp: seconds,
    jti: z.string().min(1),
    degraded: z.boolean().optional(),
  })
}

/** The rights among a token's members. */
export function rightsOf(payload: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(payload).filter(([name]) => !registeredMembers.has(name)),
  )
}

/** The error for every token that is not one of this system's, whatever the reason. */
export function tokenInvalid(reason: string, cause?: unknown): IpsError {
  return new IpsError('token-invalid', `the token is not valid: ${reason}`, { cause })
}

/**
 * Splits a compact serialisation into its segments and checks that each is canonical base64url, so that no two texts are
 * the same token. Throws `IpsError('token-invalid')`.
 */
export function splitSegments(token: string, count: number): string[] {
  if (token.length > maxTokenLength) throw tokenInvalid('it is too long')
  const segments = token.split('.')
  if (segments.length !== count) throw tokenInvalid('it is not of the expected form')
  const canonical = segments.every(
    (segment) => Buffer.from(segment, 'base64url').toString('base64url') === segment,
  )
  if (!canonical) throw tokenInvalid('it is not base64url')
  return segments
}

/**
 * Reads UTF-8 JSON of the expected shape. Only the one form that JSON.stringify writes is accepted: duplicate members,
 * which other readers may see differently, are refused with it. Throws `IpsError('token-invalid')`.
 */
export function readCanonicalJson<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
): z.output<Schema> {
  const text = Buffer.from(bytes).toString('utf8')
  const value = parseJson(text)
  if (JSON.stringify(value) !== text) throw tokenInvalid('its JSON is not canonical')
  const result = schema.safeParse(value)
  if (!result.success) {
    throw tokenInvalid(
      result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    )
  }
  return result.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw tokenInvalid('it holds no JSON', cause)
  }
}

/**
 * Checks a token's times for one moment, with the skew allowed. Throws `IpsError('token-expired')`, or
 * `IpsError('token-invalid')` before it begins.
 */
export function checkTimes(
  { nbf = 0, exp }: { nbf?: number | undefined; exp: number },
  at: Date,
): void {
  // The comparison is positive, so that an impossible date counts as expired.
  if (!(at.getTime() < exp * 1_000 + clockSkewMs)) {
    throw new IpsError('token-expired', 'the token has expired')
  }
  if (at.getTime() < nbf * 1_000 - clockSkewMs) throw tokenInvalid('it is not valid yet')
}
