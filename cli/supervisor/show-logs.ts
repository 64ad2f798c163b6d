import { existsSync, readdirSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { say } from '../terminal.ts'
import { formatLogLine } from './format-log-line.ts'

const followPollMs = 250
/** More than any line that is wanted back. */
const tailBytesPerLine = 4_096

/** Writes one line of a log. */
type Show = (line: string) => void

/**
 * Writes the last lines of a home's logs to standard output: this system's events in a form for people, with `json` as they
 * are; other lines as they are, preceded by their process where there are several. With `follow` it goes on until it is
 * interrupted. Throws `IpsError('log-unknown')`.
 */
export async function showLogs(
  home: string,
  options: { name?: string; follow: boolean; lines: number; json: boolean },
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
      const show: Show = (line) =>
        say((options.json ? undefined : formatLogLine(line, width)) ?? prefix + line)
      const file = join(directory, `${name}.log`)
      let position = await showTail(file, options.lines, show)
      while (options.follow) {
        await delay(followPollMs)
        position = await showFrom(file, position, show)
      }
    }),
  )
}

async function showTail(file: string, lines: number, show: Show): Promise<number> {
  const { size } = await stat(file)
  const text = await readRange(file, Math.max(0, size - lines * tailBytesPerLine), size)
  const complete = text.split('\n').filter((line) => line !== '')
  for (const line of lines === 0 ? [] : complete.slice(-lines)) show(line)
  return size
}

/** Shows whole lines only; returns where the next one starts. */
async function showFrom(file: string, position: number, show: Show): Promise<number> {
  const { size } = await stat(file)
  // It was cut since: what is in it is new.
  const start = size < position ? 0 : position
  if (size === start) return start
  const text = await readRange(file, start, size)
  const end = text.lastIndexOf('\n') + 1
  if (end === 0) return start
  for (const line of text.slice(0, end - 1).split('\n')) show(line)
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
