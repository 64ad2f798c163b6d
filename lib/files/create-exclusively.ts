import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

const ownerOnly = { folder: 0o700, file: 0o600 } as const

/**
 * Makes a file that only its owner may read, with its folder; false where there is one of that name already. Of several
 * processes that do so at once exactly one makes it, and nobody sees a part of it. On disk when it resolves. A crash may leave a
 * second name behind: the file's own, a dot, and more.
 */
export async function createExclusively(file: string, content: string): Promise<boolean> {
  const folder = path.dirname(file)
  const isNewFolder = await mkdir(folder, { recursive: true, mode: ownerOnly.folder })
  if (isNewFolder !== undefined) await synchronise(path.dirname(folder))
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
  await writeFile(temporary, content, { mode: ownerOnly.file, flag: 'wx', flush: true })
  let isFirst = true
  try {
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
