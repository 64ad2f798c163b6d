import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { createExclusively, hasCode } from '../../../lib/files/create-exclusively.ts'

const fileName = 'push-secrets.key'
const keyBytes = 32

/**
 * Reads the key with which push encrypts the secrets in its journal, from a file of its own in the folder of keys;
 * generates it on first start. Safe when several processes start at once: exactly one key wins. Throws
 * `IpsError('keys-unavailable')` where the file is not a key.
 */
export async function ensureSecretKey(directory: string): Promise<Buffer> {
  const file = path.join(directory, fileName)
  const existing = await readKey(file)
  if (existing !== undefined) return existing
  // Where another process was faster, its key is the one.
  await createExclusively(file, `${randomBytes(keyBytes).toString('base64')}\n`)
  const key = await readKey(file)
  if (key === undefined) throw new IpsError('keys-unavailable', `${file} has vanished`)
  return key
}

async function readKey(file: string): Promise<Buffer | undefined> {
  try {
    const key = Buffer.from(await readFile(file, 'utf8'), 'base64')
    if (key.length !== keyBytes) throw new IpsError('keys-unavailable', `${file} is not a key`)
    return key
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
