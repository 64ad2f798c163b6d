import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, open, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../errors/ips-error.ts'
import {
  createExclusively,
  hasCode,
  ownerOfNewFiles,
  synchronise,
} from '../files/create-exclusively.ts'
import { sealingKeyBytes } from '../token/seal-secret.ts'

/** What the file of a client says. */
export type KeyFileContent =
  { readonly state: 'key'; readonly key: Buffer } | { readonly state: 'erased' }

/** The code of a client's file that is no key, or cannot be read, while others can. */
export const clientKeyDamaged = 'client-key-damaged'

/** A key and a tombstone have the same size, and fit into one sector of a disk: one takes the place of the other at once. */
const contentBytes = 48
const keyFormat = /^key ([A-Za-z0-9_-]{43})\n$/
const tombstoneFormat = /^erased \S+ *\n$/
const folderFormat = /^[0-9a-f]{2}$/

/** What the operating system says of one file or its folder, where the others are well. Anything else may pass. */
const troubleOfOneFile = ['EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ELOOP', 'EIO', 'ENXIO'] as const

/**
 * The file of a client. By a digest, so that every id is a name that every file system can tell from others; in one of 256
 * folders, so that 100,000 clients are 400 files in each.
 */
export function keyFileOf(directory: string, clientId: string): string {
  const name = createHash('sha256').update(clientId).digest('hex')
  return path.join(directory, name.slice(0, 2), name)
}

/**
 * Whether there is no key and no tombstone at all, or not even the folder. Throws `IpsError('keys-unavailable')`, retryable, where
 * the folder cannot be read and written to.
 */
export async function isWithoutKeys(directory: string): Promise<boolean> {
  try {
    const names = await readdir(directory)
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    return !names.some((name) => folderFormat.test(name))
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return true
    throw unavailable(directory, cause)
  }
}

/**
 * Reads a client's file; `undefined` where there is none. Throws `IpsError('client-key-damaged')`, not retryable, where it is
 * neither a key nor a tombstone, or cannot be read although the folder can be used, and `IpsError('keys-unavailable')`, retryable.
 */
export function readKeyFile(
  directory: string,
  clientId: string,
): Promise<KeyFileContent | undefined> {
  return onKeyFile(directory, clientId, read)
}

/**
 * Reads a client's file, and makes it with a new key where there is none. Safe when several processes do so at once: exactly one
 * key wins, and it is on disk when this resolves. Throws as `readKeyFile` does.
 */
export function ensureKeyFile(directory: string, clientId: string): Promise<KeyFileContent> {
  return onKeyFile(directory, clientId, async (file) => {
    const existing = await read(file)
    if (existing !== undefined) return existing
    await createExclusively(file, `key ${randomBytes(sealingKeyBytes).toString('base64url')}\n`)
    const content = await read(file)
    if (content === undefined) throw new NotAKeyError('leads nowhere')
    return content
  })
}

/**
 * Puts a tombstone where the key is, or would be, or something else that is no key and need not be readable; true where there was
 * no tombstone yet, but something. The bytes of the key are overwritten, under every name that an interrupted creation may have
 * left. Idempotent; what a crash interrupts is completed by the next call. Throws as `readKeyFile` does.
 */
export function eraseKeyFile(
  directory: string,
  clientId: string,
  erasedAt: Date,
): Promise<boolean> {
  return onKeyFile(directory, clientId, async (file) => {
    const tombstone = `${`erased ${erasedAt.toISOString()}`.padEnd(contentBytes - 1)}\n`
    const hadNothing = await createExclusively(file, tombstone)
    const hadKey = !hadNothing && (await replace(file, tombstone))
    await removeLeftovers(file)
    return hadKey
  })
}

/** What lies there was not written by this module. */
class NotAKeyError extends Error {}

async function read(file: string): Promise<KeyFileContent | undefined> {
  const text = await readStart(file)
  if (text === undefined) return undefined
  if (tombstoneFormat.test(text)) return { state: 'erased' }
  const encoded = keyFormat.exec(text)?.[1]
  if (encoded === undefined) throw new NotAKeyError('is neither a key nor a tombstone')
  return { state: 'key', key: Buffer.from(encoded, 'base64url') }
}

/** As much as a key has and a byte more, whatever lies there; never waits for somebody to write it. */
async function readStart(file: string): Promise<string | undefined> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const buffer = Buffer.alloc(contentBytes + 1)
      const { bytesRead } = await handle.read(buffer)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** False where there is a tombstone already. */
async function replace(file: string, tombstone: string): Promise<boolean> {
  // What cannot be read is no tombstone for those who look for one either.
  const known = await read(file).catch(() => undefined)
  if (known?.state === 'erased') return false
  try {
    await overwrite(file, tombstone)
  } catch {
    await rm(file, { recursive: true, force: true })
    await createExclusively(file, tombstone)
  }
  if ((await read(file))?.state !== 'erased') throw new Error('somebody else has written it')
  return true
}

/** In its place: a name that was left behind for the same file loses the key too. Those who may read the folder may read it. */
async function overwrite(file: string, content: string): Promise<void> {
  const owner = await ownerOfNewFiles(path.dirname(file))
  const handle = await open(file, 'r+')
  try {
    await handle.write(content, 0, 'utf8')
    await handle.truncate(contentBytes)
    await handle.chmod(0o600)
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What creations that were killed have left: keys that nobody has used, and second names of the file. */
async function removeLeftovers(file: string): Promise<void> {
  const folder = path.dirname(file)
  const prefix = `${path.basename(file)}.`
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix))
  for (const name of names) await rm(path.join(folder, name), { force: true })
  if (names.length > 0) await synchronise(folder)
}

async function onKeyFile<T>(
  directory: string,
  clientId: string,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const file = keyFileOf(directory, clientId)
  try {
    return await work(file)
  } catch (cause) {
    if (!isOfOneFile(cause)) throw unavailable(directory, cause)
    // Where the folder cannot be used either, this is nothing that one client has.
    await isWithoutKeys(directory)
    const what = cause instanceof NotAKeyError ? cause.message : 'cannot be used'
    throw new IpsError(clientKeyDamaged, `the key of ${clientId} is damaged: ${file} ${what}`, {
      cause,
    })
  }
}

function isOfOneFile(error: unknown): boolean {
  return error instanceof NotAKeyError || troubleOfOneFile.some((code) => hasCode(error, code))
}

function unavailable(directory: string, cause: unknown): IpsError {
  return new IpsError('keys-unavailable', `the keys of clients in ${directory} cannot be used`, {
    retryable: true,
    cause,
  })
}
