import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { IpsError } from '../errors/ips-error.ts'
import { openBytes, sealNonceBytes, sealSecret, sealTagBytes } from '../token/seal-secret.ts'

/** The key of one client in one service's folder of keys. */
export interface ClientKey {
  readonly clientId: string
  readonly key: KeyObject
  /** Says which key sealed something; nothing can be learnt from it. */
  readonly keyId: Buffer
}

/** The form of sealed content: version, id of the key, nonce, tag, the encrypted bytes. */
const version = 1
/** Enough to tell the few keys apart that a client may ever have had. */
const keyIdBytes = 4
const nonceAt = 1 + keyIdBytes
const tagAt = nonceAt + sealNonceBytes
const contentAt = tagAt + sealTagBytes

/** The code of content that another key than the client's has sealed, or of a key that is not there. */
export const clientKeyMissing = 'client-key-missing'

/** Creates a client's key from its bytes. */
export function createClientKey(clientId: string, bytes: Buffer): ClientKey {
  const keyId = createHash('sha256').update('ips client key').update(bytes).digest()
  return { clientId, key: createSecretKey(bytes), keyId: keyId.subarray(0, keyIdBytes) }
}

/**
 * Encrypts content of a client (AES-256-GCM, a random nonce of 96 bits), bound to the client and to `purpose`: where it is
 * kept. It opens nowhere else. 33 bytes longer than the content; different each time.
 */
export function sealContent(
  { clientId, key, keyId }: ClientKey,
  purpose: string,
  content: string | Uint8Array,
): Buffer {
  const sealed = sealSecret(key, content, contextOf(clientId, purpose))
  return Buffer.concat([Buffer.of(version), keyId, sealed.nonce, sealed.tag, sealed.content])
}

/**
 * Decrypts what `sealContent` gave. Throws `IpsError('client-key-missing')`, retryable, where another key of the client has
 * sealed it: the folder of keys is not the one that belongs to the data. Throws `IpsError('secret-unreadable')`, not
 * retryable, where it is damaged, or of another client or purpose.
 */
export function openContent(
  { clientId, key, keyId }: ClientKey,
  purpose: string,
  sealed: Buffer,
): Buffer {
  const context = contextOf(clientId, purpose)
  if (sealed[0] !== version || sealed.length < contentAt) {
    throw new IpsError('secret-unreadable', `the ${purpose} of ${clientId} is damaged`)
  }
  if (!sealed.subarray(1, nonceAt).equals(keyId)) {
    throw new IpsError(
      clientKeyMissing,
      `the ${purpose} of ${clientId} was sealed with another key`,
      {
        retryable: true,
      },
    )
  }
  const parts = {
    nonce: sealed.subarray(nonceAt, tagAt),
    tag: sealed.subarray(tagAt, contentAt),
    content: sealed.subarray(contentAt),
  }
  return openBytes(key, parts, context)
}

function contextOf(clientId: string, purpose: string): string {
  return `${clientId} ${purpose}`
}
