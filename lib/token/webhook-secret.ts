import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto'

/** Standard Webhooks 1.0.0: a symmetric secret has 24 to 64 bytes. */
const minSecretBytes = 24
const maxSecretBytes = 64
const newSecretBytes = 32
const seedBytes = 32
const publicKeyBytes = 32

const symmetricPrefix = 'whsec_'
const privatePrefix = 'whsk_'
const publicPrefix = 'whpk_'

/** A pair of keys for the `v1a` signature of webhooks. */
export interface WebhookKeyPair {
  /** `whsk_` and the base64 of seed and public key. */
  readonly secretKey: string
  /** `whpk_` and the base64 of the public key. */
  readonly publicKey: string
}

/** A new symmetric secret: `whsec_` and base64. */
export function createWebhookSecret(random: (size: number) => Buffer = randomBytes): string {
  return symmetricPrefix + random(newSecretBytes).toString('base64')
}

/** A new pair of Ed25519 keys. */
export function createWebhookKeyPair(): WebhookKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return {
    secretKey: privatePrefix + Buffer.concat([seed, point]).toString('base64'),
    publicKey: publicPrefix + point.toString('base64'),
  }
}

/** True for `whsec_` and the base64 of 24 to 64 bytes. */
export function isWebhookSecret(text: string): boolean {
  return readWebhookSecret(text) !== undefined
}

/** The bytes of a symmetric secret; `undefined` where `isWebhookSecret` is false. */
export function readWebhookSecret(text: string): Buffer | undefined {
  const bytes = decode(text, symmetricPrefix)
  const isLongEnough = bytes !== undefined && bytes.length >= minSecretBytes
  return isLongEnough && bytes.length <= maxSecretBytes ? bytes : undefined
}

/** True for `whsk_` and the base64 of an Ed25519 seed followed by the public key that belongs to it. */
export function isWebhookSecretKey(text: string): boolean {
  return readWebhookSecretKey(text) !== undefined
}

/** The private key of a `whsk_…`; `undefined` where `isWebhookSecretKey` is false. */
export function readWebhookSecretKey(text: string): KeyObject | undefined {
  const bytes = decode(text, privatePrefix)
  if (bytes?.length !== seedBytes + publicKeyBytes) return undefined
  const key = privateKeyOf(bytes.subarray(0, seedBytes))
  return publicKeyOf(key).equals(bytes.subarray(seedBytes)) ? key : undefined
}

/** The DER frame of an Ed25519 seed: RFC 8410, section 7. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
}

function publicKeyOf(key: KeyObject): Buffer {
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url')
}

function decode(text: string, prefix: string): Buffer | undefined {
  if (!text.startsWith(prefix)) return undefined
  const encoded = text.slice(prefix.length)
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.toString('base64') === encoded ? bytes : undefined
}
