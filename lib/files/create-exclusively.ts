import { randomBytes } from 'node:crypto'
import { chown, link, mkdir, open, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'

const ownerOnly = { folder: 0o700, file: 0o600 } as const

/** The numbers of a user and a group. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Makes a file that only its owner may read, with its folder; false where there is one of that name already. Of several
 * processes that do so at once exactly one makes it, and nobody sees a part of it. On disk when it resolves. What root makes
 * belongs to the owner of the folder in which it is, for whom it is made. A crash may leave a second name behind: the file's own,
 * a dot, and more.
 */
export async function createExclusively(file: string, content: string): Promise<boolean> {
  const folder = path.dirname(path.resolve(file))
  const owner = await ensureFolder(folder)
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
  await writeFile(temporary, content, { mode: ownerOnly.file, flag: 'wx', flush: true })
  let isFirst = true
  try {
    if (owner !== undefined) await chown(temporary, owner.uid, owner.gid)
    await link(temporary, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    isFirst = false
  } finally {
    await rm(temporary, { force: true })
  }
  await synchronise(folder)
  return isFirst
}

/** Whom a new file in a folder has to be given to: the owner of the folder. `undefined` where this process may not do so. */
export async function ownerOfNewFiles(folder: string): Promise<Owner | undefined> {
  if (process.geteuid?.() !== 0) return undefined
  const { uid, gid } = await stat(folder)
  return { uid, gid }
}

async function ensureFolder(folder: string): Promise<Owner | undefined> {
  const highestNew = await mkdir(folder, { recursive: true, mode: ownerOnly.folder })
  if (highestNew === undefined) return ownerOfNewFiles(folder)
  const owner = await ownerOfNewFiles(path.dirname(highestNew))
  for (let made = folder; made.length >= highestNew.length; made = path.dirname(made)) {
    if (owner !== undefined) await chown(made, owner.uid, owner.gid)
    await synchronise(path.dirname(made))
  }
  return owner
}

/** Waits until the names in a folder are on disk. */
export async function synchronise(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether the operating system said so, for example `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return Object(error) === error && (error as { code?: unknown }).code === code
}
