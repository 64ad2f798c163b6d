import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { findMarkedProcesses } from '../../../cli/processes/find-marked-processes.ts'
import { readStatus } from '../../../cli/supervisor/read-status.ts'
import { readState } from '../../../cli/supervisor/state-file.ts'
import { supervise, type Plan } from '../../../cli/supervisor/supervise.ts'
import { until } from '../../support/until.ts'
import { standIn } from '../stand-in.ts'

const limits = { firstDelayMs: 10, maxDelayMs: 40, startingPollMs: 20, pollMs: 20 }

let home: string

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'ips-supervisor-'))
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

async function plan(more: Partial<Plan> = {}): Promise<Plan> {
  return {
    home,
    serversOnly: false,
    configured: [],
    servers: [await standIn('server', 'sound', { kind: 'server' })],
    roles: [await standIn('one'), await standIn('two')],
    prepareServers: () => Promise.resolve(),
    ...more,
  }
}

/** Supervises until `stop`; `ready` resolves when everything is. */
function run(whole: Plan) {
  const abort = new AbortController()
  const events: string[] = []
  const { promise: ready, resolve: onReady } = Promise.withResolvers<undefined>()
  const over = supervise(whole, {
    signal: abort.signal,
    onEvent: (line) => events.push(line),
    onReady: () => onReady(undefined),
    limits,
  })
  // Who waits for neither hears of no failure.
  over.catch(() => undefined)
  return { abort, events, ready: () => Promise.race([ready, over]), over }
}

test('servers are ready and prepared before any role starts, and stop after all roles', async () => {
  const order: string[] = []
  const server = await standIn('server', 'sound', { kind: 'server' })
  const prepareServers = () => {
    order.push(`prepared with ${readStatus(home).servers[0]?.state ?? 'nothing'}`)
    return Promise.resolve()
  }
  const { abort, events, ready, over } = run(await plan({ servers: [server], prepareServers }))
  await ready()
  abort.abort()
  await over
  expect(order).toEqual(['prepared with ready'])
  const names = events.map((event) => event.replace(/ \(pid.*/, ''))
  expect(names.indexOf('server is ready')).toBeLessThan(names.indexOf('one starts'))
  expect(names.indexOf('two has stopped')).toBeLessThan(names.indexOf('server stops'))
})

test('the status names every process with its ports while it runs, and nothing afterwards', async () => {
  const whole = await plan()
  const { abort, ready, over } = run(whole)
  await ready()
  const status = readStatus(home)
  expect(status.supervisor).toEqual({ pid: process.pid, state: 'ready' })
  expect(
    status.roles.map(({ role, state, ports, restarts }) => ({ role, state, ports, restarts })),
  ).toEqual(
    whole.roles.map(({ name, ports }) => ({ role: name, state: 'ready', ports, restarts: 0 })),
  )
  expect(status.roles.every(({ pid, startedAt }) => pid !== null && startedAt !== null)).toBe(true)
  abort.abort()
  await over
  expect(readStatus(home)).toMatchObject({
    supervisor: { state: 'stopped' },
    roles: [],
    servers: [],
  })
  expect(findMarkedProcesses(home)).toEqual([])
})

test('a killed role shows up in the status with its restart and its reason', async () => {
  const { abort, ready, over } = run(await plan())
  await ready()
  const role = () => readStatus(home).roles[0]
  process.kill(Number(role()?.pid), 'SIGKILL')
  await until('the role runs again', () => role()?.restarts === 1 && role()?.state === 'ready')
  expect(role()?.lastExit?.reason).toBe('killed by SIGKILL')
  abort.abort()
  await over
})

test('where one process does not start, everything is stopped and the state says why', async () => {
  const roles = [await standIn('good'), await standIn('bad', 'fails')]
  const { over } = run(await plan({ roles }))
  await expect(over).rejects.toThrow('bad does not start')
  expect(readState(home)).toMatchObject({
    state: 'failed',
    failure: expect.stringContaining('bad'),
  })
  expect(findMarkedProcesses(home)).toEqual([])
})

test('stopping in the middle of the start leaves nothing', async () => {
  const { abort, over } = run(await plan({ prepareServers: () => new Promise(() => undefined) }))
  await until('the server is ready', () => readStatus(home).servers[0]?.state === 'ready')
  abort.abort()
  await over
  expect(findMarkedProcesses(home)).toEqual([])
})

test('a state that cannot be written is reported once, and everything goes on', async () => {
  // A folder in the way fails every write as a full disk does.
  await mkdir(path.join(home, 'supervisor.json.part'))
  const { abort, events, ready, over } = run(await plan())
  await ready()
  abort.abort()
  await over
  expect(events.filter((event) => event.startsWith('the state cannot be written'))).toHaveLength(1)
  expect(findMarkedProcesses(home)).toEqual([])
})
