import { createHash, randomBytes } from 'node:crypto'
import { open, readFile, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../errors/ips-error.ts'
import { createExclusively, hasCode, synchronise } from '../files/create-exclusively.ts'
import { sealingKeyBytes } from '../token/seal-secret.ts'

/** What the file of a client says. */
export type KeyFileContent =
  { readonly state: 'key'; readonly key: Buffer } | { readonly state: 'erased' }

/** A key and a tombstone have the same size, and fit into one sector of a disk: one takes the place of the other at once. */
const contentBytes = 48
const keyFormat = /^key ([A-Za-z0-9_-]{43})\n$/
const tombstoneFormat = /^erased \S+ *\n$/

/**
 * The file of a client. By a digest, so that every id is a name that every file system can tell from others; in one of 256
 * folders, so that 100,000 clients are 400 files in each.
 */
export function keyFileOf(directory: string, clientId: string): string {
  const name = createHash('sha256').update(clientId).digest('hex')
  return path.join(directory, name.slice(0, 2), name)
}

/** Reads a client's file; `undefined` where there is none. Throws `IpsError('keys-unavailable')`, retryable. */
export function readKeyFile(file: string): Promise<KeyFileContent | undefined> {
  return onKeyFile(file, () => read(file))
}

/**
 * Reads a client's file, and makes it with a new key where there is none. Safe when several processes do so at once: exactly one
 * key wins, and it is on disk when this resolves. Throws `IpsError('keys-unavailable')`, retryable.
 */
export function ensureKeyFile(file: string): Promise<KeyFileContent> {
  return onKeyFile(file, async () => {
    const existing = await read(file)
    if (existing !== undefined) return existing
    await createExclusively(file, `key ${randomBytes(sealingKeyBytes).toString('base64url')}\n`)
    const content = await read(file)
    if (content === undefined) throw new Error('it has vanished')
    return content
  })
}

/**
 * Puts a tombstone where the key is, or would be; true where there was a key. The bytes of the key are overwritten, under every
 * name that an interrupted creation may have left. Idempotent; what a crash interrupts is completed by the next call.
 * Throws `IpsError('keys-unavailable')`, retryable.
 */
export function eraseKeyFile(file: string, erasedAt: Date): Promise<boolean> {
  return onKeyFile(file, async () => {
    const tombstone = `${`erased ${erasedAt.toISOString()}`.padEnd(contentBytes - 1)}\n`
    await createExclusively(file, tombstone)
    const hadKey = (await readFile(file, 'utf8')).startsWith('key ')
    if (hadKey) await overwrite(file, tombstone)
    await removeLeftovers(file)
    return hadKey
  })
}

async function read(file: string): Promise<KeyFileContent | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  if (tombstoneFormat.test(text)) return { state: 'erased' }
  const encoded = keyFormat.exec(text)?.[1]
  if (encoded === undefined) throw new Error('it is neither a key nor a tombstone')
  return { state: 'key', key: Buffer.from(encoded, 'base64url') }
}

/** In its place: a name that was left behind for the same file loses the key too. */
async function overwrite(file: string, content: string): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.write(content, 0, 'utf8')
    await handle.truncate(contentBytes)
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

async function onKeyFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new IpsError('keys-unavailable', `the key of a client in ${file} cannot be used now`, {
      retryable: true,
      cause,
    })
  }
}
