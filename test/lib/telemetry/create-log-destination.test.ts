import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createLogDestination } from '../../../lib/telemetry/create-log-destination.ts'

const line = fc
  .string({ unit: 'grapheme', maxLength: 300 })
  .map((text) => `${text.replaceAll('\n', '')}\n`)

describe('createLogDestination', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ips-log-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('writes every line, whole and in the order of the calls', () => {
    let files = 0
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const file = path.join(folder, `log-${(files += 1)}`)
        const fd = openSync(file, 'a')
        const destination = createLogDestination({ fd, onDropped: fail })
        for (const text of lines) destination.write(text)
        destination.flushSync()
        closeSync(fd)
        expect(readFileSync(file, 'utf8')).toBe(lines.join(''))
      }),
      { numRuns: 50 },
    )
  })

  it('writes by itself a moment later', async () => {
    const file = path.join(folder, 'log')
    const fd = openSync(file, 'a')
    createLogDestination({ fd, onDropped: fail }).write('one\n')
    while (readFileSync(file, 'utf8') !== 'one\n') await setTimeout(5)
    closeSync(fd)
  })

  it('waits for a slow reader without blocking, and loses nothing that has room', async () => {
    const pipe = openPipe(folder)
    const lines = Array.from({ length: 5_000 }, (_, index) => `${index} ${'x'.repeat(50)}\n`)
    const destination = createLogDestination({ fd: pipe, onDropped: fail })
    for (const text of lines) destination.write(text)
    let read = ''
    while (read.length < lines.join('').length) {
      // The pipe holds a part of it only: timers go on while the rest waits.
      await setTimeout(5)
      read += readAll(pipe)
    }
    expect(read).toBe(lines.join(''))
    closeSync(pipe)
  })

  it('drops what is beyond its limit, and says how many lines as soon as there is room', () => {
    const pipe = openPipe(folder)
    const counts: number[] = []
    const text = `${'x'.repeat(999)}\n`
    const destination = createLogDestination({
      fd: pipe,
      onDropped(lines) {
        counts.push(lines)
        destination.write(`dropped ${lines}\n`)
      },
      maxWaitingCharacters: 100_000,
      patienceMs: 0,
    })
    for (let index = 0; index < 300; index += 1) destination.write(text)
    let read = ''
    for (let turn = 0; turn < 10; turn += 1) {
      destination.flushSync()
      read += readAll(pipe)
    }
    expect(counts).toEqual([200])
    expect(read).toBe(`${text.repeat(100)}dropped 200\n`)
    closeSync(pipe)
  })

  it('gives up at the end where nobody reads', () => {
    const pipe = openPipe(folder)
    const destination = createLogDestination({ fd: pipe, onDropped: fail, patienceMs: 20 })
    destination.write('x'.repeat(1_000_000))
    destination.flushSync()
    expect(readAll(pipe).length).toBeLessThan(1_000_000)
    closeSync(pipe)
  })

  it('survives what cannot be written', () => {
    const file = path.join(folder, 'log')
    closeSync(openSync(file, 'a'))
    const readOnly = openSync(file, 'r')
    const destination = createLogDestination({ fd: readOnly, onDropped: fail })
    destination.write('lost\n')
    destination.flushSync()
    expect(readFileSync(file, 'utf8')).toBe('')
    closeSync(readOnly)
  })
})

function fail(): never {
  throw new Error('lines were dropped')
}

/** Both ends of a pipe that blocks neither its writer nor its reader. */
function openPipe(folder: string): number {
  const file = path.join(folder, 'pipe')
  execFileSync('mkfifo', [file])
  return openSync(file, constants.O_RDWR | constants.O_NONBLOCK)
}

/** What can be read of a pipe at the moment. */
function readAll(pipe: number): string {
  const buffer = Buffer.alloc(1024 * 1024)
  let text = ''
  for (;;) {
    try {
      text += buffer.toString('utf8', 0, readSync(pipe, buffer))
    } catch {
      return text
    }
  }
}
