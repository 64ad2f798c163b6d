import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../../../lib/errors/ips-error.ts'

const fileName = 'push-secrets.key'
const keyBytes = 32
const ownerOnly = { folder: 0o700, file: 0o600 } as const

/**
 * Reads the key with which push encrypts the secrets in its journal, from a file of its own in the folder of keys;
 * generates it on first start. Safe when several processes start at once: exactly one key wins. Throws
 * `IpsError('keys-unavailable')` where the file is not a key.
 */
export async function ensureSecretKey(directory: string): Promise<Buffer> {
  const file = path.join(directory, fileName)
  const existing = await readKey(file)
  if (existing !== undefined) return existing
  await mkdir(directory, { recursive: true, mode: ownerOnly.folder })
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
  await writeFile(temporary, `${randomBytes(keyBytes).toString('base64')}\n`, {
    mode: ownerOnly.file,
    flag: 'wx',
    flush: true,
  })
  try {
    // Fails where another process was faster; its key is the one.
    await link(temporary, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    await rm(temporary)
  }
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

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
