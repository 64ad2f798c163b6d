import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@jest/globals'

/** Runs `racc` as an operator does, on an empty home. */
async function racc(...args: string[]) {
  const home = mkdtempSync(path.join(tmpdir(), 'ips-racc-'))
  const child = spawn(path.resolve('racc'), args, {
    env: { ...process.env, NODE_OPTIONS: '', IPS_HOME: home, IPS_PORT_BASE: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  try {
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { output, errors, code: await ended }
  } finally {
    rmSync(home, { recursive: true })
  }
}

test('help names every command of the contract', async () => {
  const { output } = await racc('--help')
  for (const command of [
    'demo',
    'test',
    'up',
    'down',
    'status',
    'logs',
    'client',
    'token',
    'firehose',
    'endpoint',
    'deliveries',
    'transactions',
    'keys',
  ]) {
    expect(output).toMatch(new RegExp(`^ {2}${command} `, 'm'))
  }
})

test('where nothing runs the status is empty, and stopping is no error', async () => {
  const { output, code } = await racc('status', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(output)).toEqual({
    supervisor: { pid: null, state: 'stopped' },
    roles: [],
    servers: [],
  })
  expect((await racc('down')).code).toBe(0)
})

test('what goes wrong is one sentence on standard error, and a code', async () => {
  const { output, errors, code } = await racc('up', '--with', 'nobody')
  expect(code).toBe(1)
  expect(output).toBe('')
  expect(errors).toMatch(/^racc: there is no role nobody: .*\.\n$/)
})

test('with --json it is an object with its code', async () => {
  const { output, errors, code } = await racc('endpoint', 'replay', 'a', '--since', 'x', '--json')
  expect([code, output]).toEqual([1, ''])
  expect(JSON.parse(errors)).toEqual({
    code: 'time-invalid',
    message: expect.stringContaining('x is no time'),
  })
})
