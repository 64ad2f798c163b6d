import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { createClientKeys, keyFreshnessMs } from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'

const damaged = { code: 'client-key-damaged', retryable: false }
const unavailable = { code: 'keys-unavailable', retryable: true }
const erased = { code: 'client-erased' }

let home: string
let directory: string
let file: string

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'ips-damaged-keys-'))
  directory = path.join(home, 'push')
  file = keyFileOf(directory, 'anna')
  for (const name of ['anna', 'berta']) await createClientKeys(directory).keyFor(name)
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

/** What may lie where her key was. */
const damages: readonly [string, () => Promise<unknown>][] = [
  ['is empty', () => writeFile(file, '')],
  ['is cut off', async () => writeFile(file, (await readFile(file)).subarray(0, 20))],
  ['is longer', async () => writeFile(file, `${await readFile(file, 'utf8')}\n`)],
  ['is a very large one', () => writeFile(file, Buffer.alloc(20 * 1024 * 1024, 'key '))],
  ['holds other bytes', () => writeFile(file, Buffer.alloc(48, 0xff))],
  ['is a folder', () => become(() => mkdir(file))],
  [
    'is a folder with something',
    () => become(() => mkdir(path.join(file, 'a'), { recursive: true })),
  ],
  ['leads nowhere', () => become(() => symlink('nowhere', file))],
  ['leads to itself', () => become(() => symlink(path.basename(file), file))],
  ['is a pipe that nobody writes to', () => become(() => promisify(execFile)('mkfifo', [file]))],
]

async function become(make: () => Promise<unknown>): Promise<void> {
  await rm(file)
  await make()
}

describe.each(damages)('a file that %s', (_what, damage) => {
  test('is the trouble of its client alone, and is not replaced', async () => {
    await damage()
    const keys = createClientKeys(directory)
    await expect(keys.keyFor('anna')).rejects.toMatchObject(damaged)
    await expect(keys.keyFor('anna')).rejects.toThrow(file)
    await expect(createClientKeys(directory).keyFor('anna')).rejects.toMatchObject(damaged)
    expect(await keys.existingKey('berta')).toMatchObject({ clientId: 'berta' })
    expect(await keys.keyFor('carla')).toMatchObject({ clientId: 'carla' })
    await expect(keys.check()).resolves.toBeUndefined()
  })

  test('becomes a tombstone where its client is erased', async () => {
    await damage()
    const keys = createClientKeys(directory)
    expect(await keys.erase('anna')).toBe(true)
    expect(await keys.erase('anna')).toBe(false)
    for (const each of [keys, createClientKeys(directory)]) {
      await expect(each.keyFor('anna')).rejects.toMatchObject(erased)
      await expect(each.existingKey('anna')).rejects.toMatchObject(erased)
      expect(await each.existingKey('berta')).toMatchObject({ clientId: 'berta' })
    }
  })
})

test('a key that was restored is used soon, without a restart', async () => {
  let now = 0
  const told: string[] = []
  const keys = createClientKeys(directory, {
    clock: () => now,
    onUnusable: (clientId, { code }) => void told.push(`${clientId} ${code}`),
  })
  await rename(file, `${home}/backup`)
  await writeFile(file, 'x')
  for (let look = 0; look < 3; look += 1)
    await expect(keys.existingKey('anna')).rejects.toMatchObject(damaged)
  expect(told).toEqual(['anna client-key-damaged'])
  await rename(`${home}/backup`, file)
  now = keyFreshnessMs
  expect(await keys.existingKey('anna')).toMatchObject({ clientId: 'anna' })
})

test('a folder that cannot be used is the trouble of all, and passes', async () => {
  await rename(directory, `${directory}-away`)
  await writeFile(directory, 'no folder')
  const keys = createClientKeys(directory)
  await expect(keys.keyFor('anna')).rejects.toMatchObject(unavailable)
  await expect(keys.existingKey('anna')).rejects.toMatchObject(unavailable)
  await expect(keys.check()).rejects.toMatchObject(unavailable)
  await rm(directory)
  await rename(`${directory}-away`, directory)
  await keys.check()
  expect(await keys.existingKey('anna')).toMatchObject({ clientId: 'anna' })
})

/** Permissions mean nothing to root, who can be somebody else. */
const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('what root writes can be read by the owner of the folder', async () => {
  await promisify(execFile)('chown', ['-R', '65534:65534', home])
  // What earlier versions left: her tombstone is to replace a file that only root may read.
  await promisify(execFile)('chown', ['0:0', file])
  const keys = createClientKeys(directory)
  await keys.erase('anna')
  const names = ['anna', 'berta', ...Array.from({ length: 30 }, (_, index) => `new-${index}`)]
  for (const name of names.slice(2)) await keys.keyFor(name)
  const answers = await lookAs(65534, names)
  expect(answers).toEqual(['client-erased', ...names.slice(1).map(() => 'key')])
})

asRoot(
  'a file or a folder that only somebody else may read is the trouble of its client',
  async () => {
    await promisify(execFile)('chown', ['-R', '65534:65534', home])
    await promisify(execFile)('chown', ['0:0', file])
    expect(await lookAs(65534, ['anna', 'berta'])).toEqual(['client-key-damaged', 'key'])
    await promisify(execFile)('chown', ['0:0', path.dirname(file)])
    expect(await lookAs(65534, ['anna', 'berta'])).toEqual(['client-key-damaged', 'key'])
    await promisify(execFile)('chown', ['0:0', directory])
    expect(await lookAs(65534, ['anna', 'berta'])).toEqual(['keys-unavailable', 'keys-unavailable'])
  },
)

/** What another user finds: `key`, or the code of the error. */
async function lookAs(uid: number, names: readonly string[]): Promise<string[]> {
  await chmod(home, 0o755)
  const script = path.join(import.meta.dirname, 'look-for-keys.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, directory, ...names], {
    ...{ uid, gid: uid, cwd: home },
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return JSON.parse(stdout) as string[]
}
