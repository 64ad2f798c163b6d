import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClientKeys, keyFreshnessMs } from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'
import { openContent, sealContent } from '../../../lib/client-keys/seal-content.ts'
import { until } from '../../support/until.ts'

let home: string
let directory: string
const children: ChildProcess[] = []

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'ips-client-keys-'))
  directory = path.join(home, 'clients', 'push')
})

afterEach(async () => {
  await Promise.all(children.splice(0).map(end))
  await rm(home, { recursive: true, force: true })
})

const purpose = 'bodies'
const erased = { code: 'client-erased', retryable: false }

/** Bytes of every file below the folder, by name. */
async function readAll(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const read = files.map(async ({ parentPath, name }) => {
    const file = path.join(parentPath, name)
    return [file, await readFile(file)] as const
  })
  return new Map(await Promise.all(read))
}

test('a client has one key, which others that open the folder find', async () => {
  const sealed = sealContent(await createClientKeys(directory).keyFor('anna'), purpose, 'hello')
  const again = createClientKeys(directory)
  expect(openContent(await again.existingKey('anna'), purpose, sealed).toString()).toBe('hello')
  expect(openContent(await again.keyFor('anna'), purpose, sealed).toString()).toBe('hello')
})

test('clients have different keys, also those whose names differ by case only', async () => {
  const keys = createClientKeys(directory)
  const all = await Promise.all(['anna', 'Anna', 'berta'].map((name) => keys.keyFor(name)))
  expect(new Set(all.map(({ key }) => key.export().toString('hex'))).size).toBe(3)
})

test('only the owner may look at keys', async () => {
  await createClientKeys(directory).keyFor('anna')
  const file = keyFileOf(directory, 'anna')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  for (const folder of [path.dirname(file), directory, path.dirname(directory)])
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

test('many at once agree on one key', async () => {
  const all = await Promise.all(
    Array.from({ length: 20 }, () => createClientKeys(directory).keyFor('anna')),
  )
  expect(new Set(all.map(({ key }) => key.export().toString('hex'))).size).toBe(1)
  expect(await readAll(directory)).toHaveProperty('size', 1)
})

test('a missing key is trouble that may pass, and none is made where one is looked for', async () => {
  const keys = createClientKeys(directory)
  await expect(keys.existingKey('anna')).rejects.toMatchObject({
    code: 'client-key-missing',
    retryable: true,
  })
  await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' })
  await keys.keyFor('anna')
  expect(await keys.existingKey('anna')).toMatchObject({ clientId: 'anna' })
})

test('looking for a key and making it at the same time do not disturb each other', async () => {
  const keys = createClientKeys(directory)
  const looking = keys.existingKey('anna').catch(() => undefined)
  expect(await keys.keyFor('anna')).toMatchObject({ clientId: 'anna' })
  await looking
})

test('an erased client never gets a key again, and nothing else changes', async () => {
  const keys = createClientKeys(directory)
  const sealed = sealContent(await keys.keyFor('berta'), purpose, 'hello')
  await keys.keyFor('anna')
  expect(await keys.erase('anna')).toBe(true)
  expect(await keys.erase('anna')).toBe(false)
  for (const each of [keys, createClientKeys(directory)]) {
    await expect(each.keyFor('anna')).rejects.toMatchObject(erased)
    await expect(each.existingKey('anna')).rejects.toMatchObject(erased)
    expect(openContent(await each.existingKey('berta'), purpose, sealed).toString()).toBe('hello')
  }
})

test('a client that never had a key can be erased', async () => {
  const keys = createClientKeys(directory)
  expect(await keys.erase('anna')).toBe(false)
  await expect(keys.keyFor('anna')).rejects.toMatchObject(erased)
})

test('the bytes of an erased key are nowhere below the folder', async () => {
  const keys = createClientKeys(directory)
  const { key } = await keys.keyFor('anna')
  const bytes = key.export()
  const encoded = Buffer.from(bytes.toString('base64url'))
  const holds = async () =>
    [...(await readAll(home)).values()].some(
      (file) => file.includes(encoded) || file.includes(bytes),
    )
  expect(await holds()).toBe(true)
  await keys.erase('anna')
  expect(await holds()).toBe(false)
})

test('the erasure by another process is noticed in the promised time', async () => {
  let now = 0
  const keys = createClientKeys(directory, { clock: () => now })
  await keys.keyFor('anna')
  await keys.existingKey('anna')
  await createClientKeys(directory).erase('anna')
  now = keyFreshnessMs - 1
  expect(await keys.keyFor('anna')).toMatchObject({ clientId: 'anna' })
  now = keyFreshnessMs
  await expect(keys.keyFor('anna')).rejects.toMatchObject(erased)
  await expect(keys.existingKey('anna')).rejects.toMatchObject(erased)
})

test('an erasure that races with the first use leaves no key, whichever is first', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `client-${index}`)
  await Promise.all(
    names.flatMap((name) => [
      createClientKeys(directory)
        .keyFor(name)
        .catch(() => undefined),
      createClientKeys(directory).erase(name),
    ]),
  )
  for (const file of (await readAll(directory)).values())
    expect(file.toString()).toMatch(/^erased /)
})

test('two processes that begin at once agree on every key', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `client-${index}`)
  for (let count = 0; count < 3; count += 1) startChild()
  await Promise.all(children.map((child) => once(child, 'message')))
  const answers = await Promise.all(
    children.map(async (child) => {
      child.send(names)
      const [keys] = (await once(child, 'message')) as [string[]]
      return keys
    }),
  )
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
  expect(new Set(answers[0]).size).toBe(names.length)
})

test('a process that is killed while it makes keys leaves every client with one key or none', async () => {
  const names = Array.from({ length: 5_000 }, (_, index) => `client-${index}`)
  await mkdir(directory, { recursive: true })
  const child = startChild()
  await once(child, 'message')
  child.send(names)
  await until('it makes keys', async () => (await readdir(directory)).length >= 20)
  await end(child)
  const keys = createClientKeys(directory)
  for (const name of names.slice(0, 100))
    expect(await keys.keyFor(name)).toMatchObject({ clientId: name })
})

test('what a killed creation has left behind, a second name of the key included, is erased too', async () => {
  const keys = createClientKeys(directory)
  const { key } = await keys.keyFor('anna')
  const file = keyFileOf(directory, 'anna')
  await link(file, `${file}.77-linked`)
  await writeFile(`${file}.78-unused`, 'key')
  await keys.erase('anna')
  const left = await readAll(home)
  expect([...left.keys()]).toEqual([file])
  expect(left.get(file)?.includes(key.export().toString('base64url'))).toBe(false)
})

/** A process that makes keys; it says `ready`. */
function startChild(): ChildProcess {
  const child = fork(path.join(import.meta.dirname, 'make-keys.ts'), [directory], {
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  children.push(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
