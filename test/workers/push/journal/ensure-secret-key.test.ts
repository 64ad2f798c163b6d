import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureSecretKey } from '../../../../workers/push/journal/ensure-secret-key.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ips-push-key-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

describe('the key of the journal’s secrets', () => {
  test('is generated once, for its owner alone, and stays', async () => {
    const keys = path.join(directory, 'keys')
    const key = await ensureSecretKey(keys)
    expect(key).toHaveLength(32)
    await expect(ensureSecretKey(keys)).resolves.toEqual(key)
    const [name = ''] = await readdir(keys)
    expect((await stat(path.join(keys, name))).mode & 0o777).toBe(0o600)
  })

  test('is the same for processes that start at once', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => ensureSecretKey(directory)))
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1)
    await expect(readdir(directory)).resolves.toHaveLength(1)
  })

  test('is never replaced where the file is not a key', async () => {
    await ensureSecretKey(directory)
    const [name = ''] = await readdir(directory)
    await writeFile(path.join(directory, name), 'short')
    await expect(ensureSecretKey(directory)).rejects.toMatchObject({ code: 'keys-unavailable' })
  })
})
