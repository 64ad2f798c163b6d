import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const run = promisify(execFile)
const event = (name: string) =>
  JSON.stringify({
    level: 'info',
    time: '2026-11-24T06:00:00.123Z',
    role: 'push',
    pid: 7,
    event: name,
  })

describe('racc logs', () => {
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'ips-logs-'))
    await mkdir(path.join(home, 'logs'))
    await writeFile(path.join(home, 'logs', 'push.log'), `${event('a.b')}\n${event('c.d')}\n`)
    await writeFile(path.join(home, 'logs', 'postgres.log'), 'LOG:  ready\n')
  })
  afterAll(() => rm(home, { recursive: true }))

  const logs = async (...args: string[]) =>
    (await run('./racc', ['logs', ...args], { env: { ...process.env, IPS_HOME: home } })).stdout

  test('shows the events of a role for people, the last ones only', async () => {
    expect(await logs('push', '--lines', '1')).toBe('2026-11-24T06:00:00.123Z push info  c.d\n')
  })

  test('shows them as they were written with --json', async () => {
    expect(await logs('push', '--json')).toBe(`${event('a.b')}\n${event('c.d')}\n`)
  })

  test('shows whose line it is where there are several logs', async () => {
    const lines = (await logs()).split('\n')
    expect(lines).toContain('postgres | LOG:  ready')
    expect(lines).toContain('2026-11-24T06:00:00.123Z push     info  a.b')
  })
})
