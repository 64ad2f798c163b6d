import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { calculateJwkThumbprint } from 'jose'
import { ensureKeys, readPrivateKeys, readPublicKeys } from '../../../lib/token/key-files.ts'
import { keyPurposes } from '../../../lib/token/key-purposes.ts'
import { listKeys, readJwks } from '../../../lib/token/list-keys.ts'
import { createTestKeys } from '../../support/tokens.ts'

const run = promisify(execFile)
const keyFiles = path.resolve(import.meta.dirname, '../../../lib/token/key-files.ts')

describe('key files', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'ips-key-files-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  test('are one pair, whoever of several processes that start at once is the first', async () => {
    const script = `
      import { ensureKeys, readPublicKeys } from ${JSON.stringify(keyFiles)}
      const [, directory] = process.argv
      await ensureKeys(directory, 'authorisation-signature')
      const keys = await readPublicKeys(directory, 'authorisation-signature')
      process.stdout.write(keys.map((key) => key.kid).join())`
    const folder = path.join(directory, 'keys')
    const starts = Array.from({ length: 4 }, () =>
      run(process.execPath, ['--input-type=module-typescript', '-e', script, folder]),
    )
    const seen = new Set((await Promise.all(starts)).map(({ stdout }) => stdout))
    const [record] = await readPublicKeys(folder, 'authorisation-signature')
    expect(seen).toEqual(new Set([record?.kid]))
    expect(await readdir(folder)).toEqual(['authorisation-signature'])
  })

  test('are one pair, however often they are asked for at once', async () => {
    const purpose = 'authorisation-encryption'
    await Promise.all(Array.from({ length: 20 }, () => ensureKeys(directory, purpose)))
    await ensureKeys(directory, purpose)
    expect(await readPublicKeys(directory, purpose)).toHaveLength(1)
    expect(await readdir(directory)).toEqual([purpose])
  })

  test('are readable by their owner only', async () => {
    await ensureKeys(directory, 'authentication-signature')
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      const { mode } = await stat(path.join(entry.parentPath, entry.name))
      expect(mode & 0o777).toBe(entry.isDirectory() ? 0o700 : 0o600)
    }
    expect(entries.filter((entry) => entry.isFile())).toHaveLength(2)
  })

  test('have nothing secret in their public half', async () => {
    for (const purpose of Object.keys(keyPurposes) as (keyof typeof keyPurposes)[]) {
      await ensureKeys(directory, purpose)
      const [record] = await readPublicKeys(directory, purpose)
      const jwk = (await readPrivateKeys(directory, purpose)).get(record?.kid ?? '')
      const folder = path.join(directory, purpose, 'public')
      const [name = ''] = await readdir(folder)
      expect(typeof jwk?.d).toBe('string')
      expect(await readFile(path.join(folder, name), 'utf8')).not.toContain(jwk?.d)
    }
  })

  test('are named by their RFC 7638 thumbprint', async () => {
    await ensureKeys(directory, 'authorisation-signature', new Date('2026-01-01T00:00:00Z'))
    const [record] = await readPublicKeys(directory, 'authorisation-signature')
    expect(record).toMatchObject({ state: 'active', createdAt: '2026-01-01T00:00:00.000Z' })
    expect(record?.kid).toBe(await calculateJwkThumbprint(record?.jwk ?? {}))
  })

  test('that are missing or unreadable are a reason to try again', async () => {
    const unavailable = { code: 'keys-unavailable', retryable: true }
    const purpose = 'authorisation-signature'
    await expect(readPublicKeys(directory, purpose)).rejects.toMatchObject(unavailable)
    await expect(readPrivateKeys(directory, purpose)).rejects.toMatchObject(unavailable)
  })

  test('report a folder that cannot be written to', async () => {
    await chmod(directory, 0o500)
    const file = path.join(keyFiles, 'keys')
    await expect(ensureKeys(file, 'authorisation-signature')).rejects.toMatchObject({
      code: 'ENOTDIR',
    })
  })
})

describe('listKeys', () => {
  test('shows every key with its use and issuer, public halves only', async () => {
    const keys = await createTestKeys()
    const list = await listKeys(keys.directory, 'ips')
    expect(list.map(({ use, issuer, state }) => [use, issuer, state])).toEqual([
      ['sig', 'ips/authentication', 'active'],
      ['sig', 'ips', 'active'],
      ['enc', 'ips', 'active'],
    ])
    expect(list.every(({ kid, jwk }) => jwk.kid === kid && !('d' in jwk))).toBe(true)
    await keys.remove()
  })

  test('shows nothing where nothing was ever started', async () => {
    expect(await listKeys('/nowhere', 'ips')).toEqual([])
  })
})

describe('readJwks', () => {
  test('has the signature keys of both services, and not the one for encryption', async () => {
    const keys = await createTestKeys()
    const { keys: jwks } = await readJwks(keys.directory)
    expect(jwks.map(({ use, alg, crv }) => [use, alg, crv])).toEqual([
      ['sig', 'EdDSA', 'Ed25519'],
      ['sig', 'EdDSA', 'Ed25519'],
    ])
    expect(jwks.some((jwk) => 'd' in jwk)).toBe(false)
    await keys.remove()
  })
})
