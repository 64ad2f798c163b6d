import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** As at ingestion: a larger image was never accepted. */
const maxFileBytes = 8 * 1024 * 1024

/**
 * Reads a file inside a folder, whatever `name` says: no `..`, no absolute path and no link leads out of it. Throws, not
 * retryable, `IpsError('file-outside')`, `IpsError('file-unreadable')` where it is no ordinary file that can be read, or
 * `IpsError('file-too-large')` above 8 MiB.
 */
export async function readFileWithin(folder: string, name: string): Promise<Buffer> {
  const file = await resolveWithin(folder, name)
  try {
    // What has been resolved has no links; one that comes between the two is not followed. A pipe would be waited for.
    await using handle = await open(
      file,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    )
    const stats = await handle.stat()
    if (!stats.isFile()) throw unreadable(name)
    if (stats.size > maxFileBytes) {
      throw new IpsError('file-too-large', `${name} has ${stats.size} bytes`)
    }
    return await handle.readFile()
  } catch (error) {
    throw error instanceof IpsError ? error : unreadable(name, error)
  }
}

async function resolveWithin(folder: string, name: string): Promise<string> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw unreadable(folder, cause)
  })
  const file = path.resolve(root, name)
  // Before the disk is asked: nobody learns which files there are elsewhere.
  if (!isWithin(root, file) || name.includes('\0')) throw outside(name)
  const real = await realpath(file).catch((cause: unknown) => {
    throw unreadable(name, cause)
  })
  if (!isWithin(root, real)) throw outside(name)
  return real
}

function isWithin(root: string, file: string): boolean {
  return file.startsWith(root.endsWith(path.sep) ? root : root + path.sep)
}

function outside(name: string): IpsError {
  return new IpsError('file-outside', `${JSON.stringify(name)} is not inside the folder`)
}

function unreadable(name: string, cause?: unknown): IpsError {
  return new IpsError('file-unreadable', `${JSON.stringify(name)} cannot be read`, { cause })
}
