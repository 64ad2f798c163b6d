import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { findMarkedProcesses } from '../../../cli/processes/find-marked-processes.ts'
import { readStatus } from '../../../cli/supervisor/read-status.ts'
import { readState, removeState, writeState } from '../../../cli/supervisor/state-file.ts'
import { stopEverything } from '../../../cli/supervisor/stop-everything.ts'
import { until } from '../../support/until.ts'

/** A server, a role, and the role's child. */
const processes = 3

let home: string

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'ips-supervisor-'))
})

afterEach(async () => {
  await stopEverything(home)
  await rm(home, { recursive: true, force: true })
})

async function startSupervisor() {
  const program = path.join(import.meta.dirname, '..', 'stand-in-supervisor.ts')
  const child = spawn(process.execPath, [program, home], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await until(
    'the system runs',
    () => readState(home)?.state === 'ready' && findMarkedProcesses(home).length === processes,
  )
  return { kill: () => child.kill('SIGKILL'), ended }
}

test('what a killed supervisor left behind is shown as orphaned, and ended', async () => {
  const supervisor = await startSupervisor()
  supervisor.kill()
  await supervisor.ended
  const status = readStatus(home)
  expect(status.supervisor).toEqual({ pid: null, state: 'killed' })
  expect([...status.roles, ...status.servers].map(({ state }) => state)).toEqual([
    'orphaned',
    'orphaned',
  ])
  expect(await stopEverything(home)).toBeGreaterThan(0)
  expect(findMarkedProcesses(home)).toEqual([])
  expect(readState(home)).toBeUndefined()
})

test('survivors are found without a state file', async () => {
  const supervisor = await startSupervisor()
  supervisor.kill()
  await supervisor.ended
  removeState(home)
  expect(await stopEverything(home)).toBe(processes)
  expect(findMarkedProcesses(home)).toEqual([])
})

test('the child of a role that was killed together with its supervisor is ended', async () => {
  const supervisor = await startSupervisor()
  supervisor.kill()
  await supervisor.ended
  process.kill(Number(readStatus(home).roles[0]?.pid), 'SIGKILL')
  await until('the role is dead', () => readStatus(home).roles[0]?.state === 'dead')
  await stopEverything(home)
  expect(findMarkedProcesses(home)).toEqual([])
})

test('a process that got the number of a dead one is left alone', async () => {
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'])
  const identity = { pid: Number(bystander.pid), startTicks: 1 }
  writeState(home, {
    supervisor: identity,
    state: 'ready',
    serversOnly: false,
    configured: [],
    processes: [
      {
        kind: 'role',
        name: 'role',
        ports: {},
        state: 'ready',
        identity,
        restarts: 0,
        startedAt: null,
        lastExit: null,
        stopSignal: 'SIGTERM',
      },
    ],
  })
  expect(await stopEverything(home)).toBe(0)
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull()
  const ended = new Promise((resolve) => bystander.once('exit', resolve))
  bystander.kill('SIGKILL')
  await ended
})

test('stopping where nothing runs is no error', async () => {
  expect(await stopEverything(home)).toBe(0)
})
