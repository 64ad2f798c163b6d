import { randomUUID } from 'node:crypto'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { acquireLock, isLocked, tryLock } from '../../../cli/processes/acquire-lock.ts'

const lockModule = path.resolve('cli/processes/acquire-lock.ts')

test('a lock has one holder at a time, and the next one gets it when it is released', async () => {
  const resource = randomUUID()
  const held = await tryLock(resource)
  expect(await tryLock(resource)).toBeUndefined()
  const waited = Promise.withResolvers<undefined>()
  const next = acquireLock(resource, () => waited.resolve(undefined))
  await waited.promise
  await held?.release()
  await (await next).release()
})

test('asking whether a lock is held takes nothing from anybody', async () => {
  const resource = randomUUID()
  expect(await isLocked(resource)).toBe(false)
  const lock = await tryLock(resource)
  expect(await isLocked(resource)).toBe(true)
  expect(await isLocked(resource)).toBe(true)
  await lock?.release()
  expect(await isLocked(resource)).toBe(false)
})

test('locks of different resources are independent', async () => {
  const one = await tryLock(randomUUID())
  const other = await tryLock(randomUUID())
  expect([one, other]).not.toContain(undefined)
  await one?.release()
  await other?.release()
})

test('the lock of a killed process is free', async () => {
  const resource = randomUUID()
  const program = `
    const { tryLock } = await import(${JSON.stringify(lockModule)})
    await tryLock(${JSON.stringify(resource)})
    process.stdout.write('held')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program])
  await new Promise((resolve) => child.stdout.once('data', resolve))
  expect(await tryLock(resource)).toBeUndefined()
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  const lock = await tryLock(resource)
  expect(lock).toBeDefined()
  await lock?.release()
})
