import { existsSync, readdirSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { say } from '../terminal.ts'

const followPollMs = 250
/** More than any line that is wanted back. */
const tailBytesPerLine = 4_096

/**
 * Writes the last lines of a home's logs to standard output, each preceded by its process where there are several; with
 * `follow` it goes on until it is interrupted. Throws `IpsError('log-unknown')`.
 */
export async function showLogs(
  home: string,
  options: { name?: string; follow: boolean; lines: number },
): Promise<void> {
  const directory = join(home, 'logs')
  const names = existsSync(directory)
    ? readdirSync(directory)
        .filter((file) => file.endsWith('.log'))
        .map((file) => basename(file, '.log'))
    : []
  const wanted = options.name === undefined ? names : names.filter((name) => name === options.name)
  if (wanted.length === 0) {
    const known = names.length === 0 ? 'none yet' : names.join(', ')
    throw new IpsError(
      'log-unknown',
      `there is no log of ${options.name ?? 'anything'}; logs: ${known}.`,
    )
  }
  const width = Math.max(...wanted.map((name) => name.length))
  await Promise.all(
    wanted.map(async (name) => {
      const prefix = wanted.length === 1 ? '' : `${name.padEnd(width)} | `
      const file = join(directory, `${name}.log`)
      let position = await showTail(file, options.lines, prefix)
      while (options.follow) {
        await delay(followPollMs)
        position = await showFrom(file, position, prefix)
      }
    }),
  )
}

async function showTail(file: string, lines: number, prefix: string): Promise<number> {
  const { size } = await stat(file)
  const text = await readRange(file, Math.max(0, size - lines * tailBytesPerLine), size)
  const complete = text.split('\n').filter((line) => line !== '')
  for (const line of lines === 0 ? [] : complete.slice(-lines)) say(prefix + line)
  return size
}

/** Shows whole lines only; returns where the next one starts. */
async function showFrom(file: string, position: number, prefix: string): Promise<number> {
  const { size } = await stat(file)
  // It was cut since: what is in it is new.
  const start = size < position ? 0 : position
  if (size === start) return start
  const text = await readRange(file, start, size)
  const end = text.lastIndexOf('\n') + 1
  if (end === 0) return start
  for (const line of text.slice(0, end - 1).split('\n')) say(prefix + line)
  return start + Buffer.byteLength(text.slice(0, end))
}

async function readRange(file: string, start: number, end: number): Promise<string> {
  const handle = await open(file)
  try {
    const buffer = Buffer.alloc(end - start)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start)
    return buffer.subarray(0, bytesRead).toString('utf8')
  } finally {
    await handle.close()
  }
}
