import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'

/** Runs a program of the command line whose output nobody reads, from the begin. */
async function runUnread(args: readonly string[]) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  const exited = once(child, 'exit')
  const errors = await text(child.stderr)
  const [code, signal] = (await exited) as [number | null, string | null]
  return { errors, code, signal }
}

const terminal = JSON.stringify(path.resolve('cli/terminal.ts'))

/** A program that says something for ever. */
const talker = `
  import { endWithReader, say } from ${terminal}
  endWithReader()
  setInterval(() => say('more'), 10)`

test('a command whose output nobody reads any more ends without a word', async () => {
  const quiet = { errors: '', code: 0, signal: null }
  expect(await runUnread([path.resolve('cli/main.ts'), '--help'])).toEqual(quiet)
  expect(await runUnread(['--input-type=module', '--eval', talker])).toEqual(quiet)
}, 60_000)

test('a command that listens to SIGTERM ends in order then', async () => {
  const orderly = `${talker}
    process.once('SIGTERM', () => {
      process.stderr.write('in order')
      process.exit(3)
    })`
  const ended = await runUnread(['--input-type=module', '--eval', orderly])
  expect(ended).toEqual({ errors: 'in order', code: 3, signal: null })
}, 60_000)
