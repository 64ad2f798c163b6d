import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'
import { createOnce, readFolder, writePrivateFile } from './key-files.ts'
import { openSecret, sealingKeyBytes, sealSecret } from './seal-secret.ts'

const keyIdBytes = 9

const keyFile = z.object({
  kid: z.string().min(1),
  createdAt: z.iso.datetime(),
  key: z.base64url(),
})

/** Keeps secrets that must be read again, in a form that a stolen database does not give away. */
export interface SecretBox {
  /** Encrypts `secret`, bound to `context` (whose secret it is): it opens nowhere else. */
  seal(secret: string, context: string): string
  /** Throws `IpsError('secret-unreadable')`, not retryable: another key, another context, or damaged. */
  open(sealed: string, context: string): string
}

/**
 * Creates a box (AES-256-GCM) with the keys of a folder, of which the newest seals; generates the first one where there is
 * none, safely when several processes do so at once. Throws `IpsError('keys-unavailable')`, retryable.
 */
export async function createSecretBox(directory: string): Promise<SecretBox> {
  const [parent, name] = [path.dirname(directory), path.basename(directory)]
  await createOnce(parent, name, writeKey)
  const files = await readFolder(parent, [name], keyFile)
  const keys = new Map(files.map(({ kid, key }) => [kid, Buffer.from(key, 'base64url')]))
  const [newest] = files.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  return {
    seal(secret, context) {
      const kid = newest?.kid ?? ''
      const { nonce, content, tag } = sealSecret(keyOf(keys, kid, context), secret, context)
      const parts = [nonce, content, tag]
      return [kid, ...parts.map((part) => part.toString('base64url'))].join('.')
    },
    open(sealed, context) {
      const [kid = '', ...parts] = sealed.split('.')
      const [nonce, content, tag] = parts.map((part) => Buffer.from(part, 'base64url'))
      const key = keyOf(keys, kid, context)
      if (nonce === undefined || content === undefined || tag === undefined) {
        throw unreadable(context, 'it is cut')
      }
      return openSecret(key, { nonce, content, tag }, context)
    },
  }
}

function keyOf(keys: ReadonlyMap<string, Buffer>, kid: string, context: string): Buffer {
  const key = keys.get(kid)
  if (key === undefined) throw unreadable(context, `there is no key ${kid}`)
  return key
}

function unreadable(context: string, reason: string): IpsError {
  return new IpsError('secret-unreadable', `the secret of ${context} cannot be read: ${reason}`)
}

async function writeKey(folder: string): Promise<void> {
  const kid = randomBytes(keyIdBytes).toString('base64url')
  await writePrivateFile(path.join(folder, `${kid}.json`), {
    kid,
    createdAt: new Date().toISOString(),
    key: randomBytes(sealingKeyBytes).toString('base64url'),
  })
}
