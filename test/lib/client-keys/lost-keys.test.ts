import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'

let home: string
let directory: string
/** The clients of which the service holds something sealed. */
let sealed: Set<string>

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'ips-lost-keys-'))
  directory = path.join(home, 'push')
  sealed = new Set()
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

const holdsSealed = (clientId?: string) =>
  Promise.resolve(clientId === undefined ? sealed.size > 0 : sealed.has(clientId))
const open = () => createClientKeys(directory, { holdsSealed })

/** A client with something that its key has sealed; resolves with the key. */
async function createUsed(clientId: string): Promise<string> {
  const { key } = await open().keyFor(clientId)
  sealed.add(clientId)
  return key.export().toString('hex')
}

describe('where the folder is lost', () => {
  test('no key is made, for nobody, until it is restored as it was', async () => {
    const annas = await createUsed('anna')
    await rename(directory, `${home}/backup`)
    for (const name of ['anna', 'berta'])
      await expect(open().keyFor(name)).rejects.toMatchObject({
        ...{ code: 'client-key-missing', retryable: true },
      })
    await expect(open().check()).rejects.toMatchObject({ code: 'client-key-missing' })
    expect(await readdir(home)).toEqual(['backup'])
    await rename(`${home}/backup`, directory)
    await open().check()
    expect((await open().keyFor('anna')).key.export().toString('hex')).toBe(annas)
  })

  test('a service that holds nothing yet begins', async () => {
    await open().check()
    expect(await open().keyFor('anna')).toMatchObject({ clientId: 'anna' })
  })
})

describe('where the key of one client is lost', () => {
  test('no other is made for it, which is nobody else’s trouble', async () => {
    await createUsed('anna')
    await createUsed('berta')
    await rm(keyFileOf(directory, 'anna'))
    const missing = { code: 'client-key-missing', retryable: false }
    await expect(open().keyFor('anna')).rejects.toMatchObject(missing)
    await expect(open().existingKey('anna')).rejects.toMatchObject(missing)
    expect(await open().keyFor('berta')).toMatchObject({ clientId: 'berta' })
    expect(await open().keyFor('carla')).toMatchObject({ clientId: 'carla' })
    await open().check()
  })

  test('a key is made again where nothing is sealed with the old one', async () => {
    await createUsed('anna')
    await createUsed('berta')
    await rm(keyFileOf(directory, 'anna'))
    sealed.delete('anna')
    expect(await open().keyFor('anna')).toMatchObject({ clientId: 'anna' })
  })
})

test('a key that another process makes and uses at the same time is no lost one', async () => {
  const keys = createClientKeys(directory, {
    async holdsSealed(clientId) {
      // Between the two looks.
      await createUsed('anna')
      return holdsSealed(clientId)
    },
  })
  expect(await keys.keyFor('anna')).toMatchObject({ clientId: 'anna' })
  // In an empty folder somebody else's first key looks like a loss for a moment: that passes.
  await rm(directory, { recursive: true })
  sealed.clear()
  await expect(keys.keyFor('berta')).rejects.toMatchObject({ retryable: true })
  expect(await keys.keyFor('berta')).toMatchObject({ clientId: 'berta' })
})
