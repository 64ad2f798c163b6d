import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import path from 'node:path'
import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'
import { createOnce, readFolder, writePrivateFile } from './key-files.ts'

const algorithm = 'aes-256-gcm'
const keyBytes = 32
/** NIST SP 800-38D: the size for which GCM is made. */
const nonceBytes = 12
const tagBytes = 16
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
  await createOnce(directory, (folder) => writeKey(folder))
  const files = await readFolder(directory, keyFile)
  const keys = new Map(files.map(({ kid, key }) => [kid, Buffer.from(key, 'base64url')]))
  const [newest] = files.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  return {
    seal(secret, context) {
      const kid = newest?.kid ?? ''
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, keyOf(keys, kid), nonce, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(context))
      const content = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      const parts = [nonce, content, cipher.getAuthTag()]
      return [kid, ...parts.map((part) => part.toString('base64url'))].join('.')
    },
    open(sealed, context) {
      const [kid = '', ...parts] = sealed.split('.')
      const [nonce, content, tag] = parts.map((part) => Buffer.from(part, 'base64url'))
      try {
        if (nonce === undefined || content === undefined || tag === undefined) throw new Error()
        const key = keyOf(keys, kid)
        const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
        decipher.setAAD(Buffer.from(context)).setAuthTag(tag)
        return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new IpsError('secret-unreadable', `the secret of ${context} cannot be read`, {
          cause,
        })
      }
    },
  }
}

function keyOf(keys: ReadonlyMap<string, Buffer>, kid: string): Buffer {
  const key = keys.get(kid)
  if (key === undefined) throw new Error(`no key ${kid}`)
  return key
}

async function writeKey(folder: string): Promise<void> {
  const kid = randomBytes(keyIdBytes).toString('base64url')
  await writePrivateFile(path.join(folder, `${kid}.json`), {
    kid,
    createdAt: new Date().toISOString(),
    key: randomBytes(keyBytes).toString('base64url'),
  })
}
