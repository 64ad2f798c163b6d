import { spawn } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { identifyProcess, isAlive } from '../../../cli/processes/process-identity.ts'

test('a living process is identified, and another one with its number is not it', () => {
  const identity = identifyProcess(process.pid)
  expect(identity).toMatchObject({ pid: process.pid })
  if (identity === undefined) return
  expect(isAlive(identity)).toBe(true)
  expect(isAlive({ ...identity, startTicks: identity.startTicks - 1 })).toBe(false)
})

test('a process whose name has brackets and spaces is identified', async () => {
  const child = spawn(process.execPath, [
    '-e',
    'process.title = ") S 1 ("; process.stdout.write("named"); setInterval(() => undefined, 1000)',
  ])
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const pid = Number(child.pid)
  const identity = identifyProcess(pid)
  expect(identity?.startTicks).toBeGreaterThan(0)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  expect(identifyProcess(pid)).toBeUndefined()
})
