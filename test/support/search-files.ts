import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Names the files below a folder that hold one of these byte sequences, with what they hold. */
export async function searchFiles(
  folder: string,
  needles: Readonly<Record<string, Buffer | string>>,
): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name)
    // A server removes files while we look.
    const bytes = await readFile(file).catch(() => Buffer.alloc(0))
    for (const [name, needle] of Object.entries(needles)) {
      if (bytes.includes(needle)) found.push(`${name} in ${path.relative(folder, file)}`)
    }
  }
  return found
}
