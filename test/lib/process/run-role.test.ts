import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from '@jest/globals'
import { maxRestarts } from '../../../lib/process/supervise-component.ts'

interface LogEvent {
  readonly event: string
  readonly healthPort?: number
}

const program = path.resolve('test/lib/process/sample-role.ts')
const started: ChildProcess[] = []

function run(environment: Record<string, string>, args: string[] = []) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { HEALTH_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  const lines = createInterface({ input: child.stdout })
  const events: LogEvent[] = []
  lines.on('line', (line) => {
    if (line.startsWith('{')) events.push(JSON.parse(line) as LogEvent)
    child.emit('event')
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    ended,
    events,
    errors: () => errors,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    next: () => once(child, 'event'),
    async event(name: string): Promise<LogEvent> {
      for (;;) {
        const found = events.find(({ event }) => event === name)
        if (found) return found
        await once(child, 'event')
      }
    },
  }
}

describe('runRole', () => {
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  it('serves its health while it works', async () => {
    const role = run({ ON_STOP: 'drain' })
    const { healthPort } = await role.event('process.started')
    const response = await fetch(`http://127.0.0.1:${healthPort ?? 0}/health/ready`)
    expect(await response.json()).toEqual({ status: 'ok', checks: { work: 'ok' } })
  })

  it('drains on SIGTERM and ends with 0', async () => {
    const role = run({ ON_STOP: 'drain' })
    await role.event('process.started')
    role.kill('SIGTERM')
    expect(await role.ended).toBe(0)
    expect(role.events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['process.stopping', 'process.stopped']),
    )
  })

  it('ends at once on a second signal', async () => {
    const role = run({ ON_STOP: 'hang' })
    await role.event('process.started')
    role.kill('SIGTERM')
    await role.event('process.stopping')
    role.kill('SIGTERM')
    expect(await role.ended).toBe(130)
  })

  it('does not wait for a stop that hangs', async () => {
    const role = run({ ON_STOP: 'hang', STOP_TIMEOUT_MS: '1000' })
    await role.event('process.started')
    role.kill('SIGTERM')
    expect(await role.ended).toBe(1)
    expect(role.events.at(-1)?.event).toBe('process.stop-timed-out')
  })

  it('ends with 1 where the stop fails', async () => {
    const role = run({ ON_STOP: 'throw' })
    await role.event('process.started')
    role.kill('SIGTERM')
    expect(await role.ended).toBe(1)
    expect(role.events.at(-1)?.event).toBe('process.stop-failed')
  })

  it.each(['throw-later', 'reject-later'])(
    'logs an unexpected error and ends with 1: %s',
    async (onStart) => {
      const role = run({ ON_STOP: 'drain', ON_START: onStart })
      expect(await role.ended).toBe(1)
      expect(role.events.at(-1)).toMatchObject({
        event: 'process.failed',
        error: { message: 'unexpected' },
      })
    },
  )

  it('restarts a component that crashes, goes on meanwhile, and counts it', async () => {
    const role = run({ ON_STOP: 'drain', CRASHES: '1' })
    const { healthPort } = await role.event('process.started')
    await role.event('component.restarting')
    const url = `http://127.0.0.1:${healthPort ?? 0}/metrics`
    const restarts = /ips_component_restarts_total\{component="sample",role="probe"\} 1/
    expect(await (await fetch(url)).text()).toMatch(restarts)
    while (role.events.filter(({ event }) => event === 'component.started').length < 2)
      await role.next()
    role.kill('SIGTERM')
    expect(await role.ended).toBe(0)
  })

  it('ends with 1 and says why where restarts of a component do not help', async () => {
    const role = run({ ON_STOP: 'drain', CRASHES: '10' })
    expect(await role.ended).toBe(1)
    const names = role.events.map(({ event }) => event)
    expect(names.filter((event) => event === 'component.started')).toHaveLength(maxRestarts + 1)
    expect(names.filter((event) => event === 'process.failed')).toHaveLength(1)
    expect(role.events.at(-1)).toMatchObject({
      event: 'process.failed',
      error: {
        code: 'component-failing',
        message: 'sample is not helped by a restart: on purpose',
      },
    })
  })

  it('refuses a wrong configuration with 78 and names the variable', async () => {
    const role = run({ ON_STOP: 'never' })
    expect(await role.ended).toBe(78)
    expect(role.errors()).toContain('ON_STOP')
  })

  it('prints its settings with --help', async () => {
    const child = spawn(process.execPath, [program, '--help'], { env: {} })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    expect((await once(child, 'close'))[0]).toBe(0)
    expect(output).toMatch(/ON_STOP +What happens on a stop \(default: required\)/)
  })
})
