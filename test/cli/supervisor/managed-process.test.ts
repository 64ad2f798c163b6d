import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { findMarkedProcesses } from '../../../cli/processes/find-marked-processes.ts'
import {
  manageProcess,
  type ManagedProcess,
  type ProcessReport,
} from '../../../cli/supervisor/managed-process.ts'
import type { ProcessDefinition } from '../../../cli/supervisor/process-definition.ts'
import { until } from '../../support/until.ts'
import { standIn } from '../stand-in.ts'

const limits = { firstDelayMs: 10, maxDelayMs: 40, startingPollMs: 20, pollMs: 20 }

let home: string
let reports: ProcessReport[]
let managed: ManagedProcess | undefined

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'ips-supervisor-'))
  reports = []
})

afterEach(async () => {
  await managed?.stop()
  managed = undefined
  await rm(home, { recursive: true, force: true })
})

function manage(definition: ProcessDefinition): ManagedProcess {
  managed = manageProcess(definition, {
    home,
    logFile: path.join(home, 'logs', 'it.log'),
    limits,
    onChange: (report) => reports.push(report),
  })
  return managed
}

test('a process that is killed is started again, and the report says why it died', async () => {
  const it = manage(await standIn('role'))
  await it.firstReady
  const first = it.report().identity?.pid
  process.kill(Number(first), 'SIGKILL')
  await until('it runs again', () => it.report().restarts === 1 && it.report().state === 'ready')
  const report = it.report()
  expect(report.identity?.pid).not.toBe(first)
  expect(report.lastExit?.reason).toBe('killed by SIGKILL')
})

test('a process that never becomes ready is given up on with the last words of its log', async () => {
  const it = manage(await standIn('role', 'fails'))
  await expect(it.firstReady).rejects.toMatchObject({
    code: 'process-does-not-start',
    message: 'role does not start: exited with code 3: Error: the stand-in cannot start',
  })
})

test('a program that is not there counts as an end', async () => {
  const definition = await standIn('role')
  const it = manage({ ...definition, command: '/does/not/exist' })
  await expect(it.firstReady).rejects.toThrow('ENOENT')
})

test('preparation that fails counts as an end', async () => {
  const prepare = () => Promise.reject(new Error('no room'))
  const it = manage(await standIn('role', 'sound', { prepare }))
  await expect(it.firstReady).rejects.toThrow('no room')
})

test('stopping leaves neither the process nor what it started', async () => {
  const it = manage(await standIn('role', 'parent'))
  await it.firstReady
  const started = await until('it and its child run', () => {
    const marked = findMarkedProcesses(home)
    return marked.length === 2 && marked
  })
  await it.stop()
  await until('nothing of it is left', () => findMarkedProcesses(home).length === 0)
  expect(started).toHaveLength(2)
  expect(it.report().state).toBe('stopped')
})

test('the children of a process that is killed do not outlive it', async () => {
  const it = manage(await standIn('role', 'parent'))
  await it.firstReady
  const before = await until('it and its child run', () => {
    const marked = findMarkedProcesses(home)
    return marked.length === 2 && marked.map(({ pid }) => pid)
  })
  process.kill(Number(it.report().identity?.pid), 'SIGKILL')
  await until('it is started again', () => it.report().restarts === 1)
  await until('the old ones are gone', () =>
    findMarkedProcesses(home).every(({ pid }) => !before.includes(pid)),
  )
})

test('a process that ignores the wish to end is killed', async () => {
  const it = manage(await standIn('role', 'stubborn', { stopTimeoutMs: 50 }))
  await it.firstReady
  await it.stop()
  expect(findMarkedProcesses(home)).toEqual([])
})

test('readiness that is lost and comes back is reported, without a restart', async () => {
  let ready = true
  const isReady = () => Promise.resolve(ready)
  const it = manage(await standIn('role', 'sound', { isReady }))
  await it.firstReady
  ready = false
  await until('it is unready', () => it.report().state === 'unready')
  ready = true
  await until('it is ready', () => it.report().state === 'ready')
  expect(it.report().restarts).toBe(0)
})

test('a start is reported in its order', async () => {
  const it = manage(await standIn('role'))
  await it.firstReady
  await it.stop()
  const states = reports.map(({ state }) => state)
  expect(states.filter((state, index) => state !== states[index - 1])).toEqual([
    'starting',
    'ready',
    'stopping',
    'stopped',
  ])
})
