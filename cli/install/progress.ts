import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes, note } from '../terminal.ts'

/** Shows how far an installation is. */
export interface Progress {
  /** Counts what arrives in a folder. */
  readonly watch: (directory: string) => void
  /** Something is there. */
  done(name: string, bytes: number): void
  stop(): void
}

const refreshMs = 500
/** Where nobody watches a terminal, a line now and then is enough. */
const lineMs = 10_000

/** Starts to show progress on standard error: a line that changes on a terminal, a line every 10 s elsewhere. */
export function startProgress(totalBytes: number): Progress {
  const folders: string[] = []
  const { isTTY } = process.stderr
  const startedAt = Date.now()
  let doneBytes = 0
  const show = async () => {
    const sizes = await Promise.all(folders.map(downloadedBytes))
    const bytes = doneBytes + sizes.reduce((sum, size) => sum + size, 0)
    const text = `  ${formatBytes(Math.min(bytes, totalBytes))} of ${formatBytes(totalBytes)}`
    if (isTTY) process.stderr.write(`\r${text}\u001b[K`)
    else note(text)
  }
  const timer = setInterval(() => void show(), isTTY ? refreshMs : lineMs)
  return {
    watch: (directory) => folders.push(directory),
    done: (name, bytes) => {
      doneBytes += bytes
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
      if (isTTY) process.stderr.write('\r\u001b[K')
      note(`  ${name} is installed (${seconds} s)`)
    },
    stop: () => {
      clearInterval(timer)
      if (isTTY) process.stderr.write('\r\u001b[K')
    },
  }
}

/** What an installation has downloaded so far: not what it unpacked. A folder that is gone has nothing any more. */
async function downloadedBytes(scratch: string): Promise<number> {
  const sizes = await Promise.all(
    ['download', 'npm', 'repository'].map((n) => sizeOf(join(scratch, n))),
  )
  return Math.max(0, ...sizes)
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => [])
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
