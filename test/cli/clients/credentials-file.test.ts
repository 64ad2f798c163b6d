import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  readCredentials,
  removeCredentials,
  writeCredentials,
} from '../../../cli/clients/credentials-file.ts'
import { parseDuration } from '../../../cli/clients/parse-duration.ts'

describe('credentials files', () => {
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'ips-home-'))
  })
  afterAll(() => rm(home, { recursive: true, force: true }))

  test('are readable by their owner only, and replaced as a whole', async () => {
    const credentials = { clientId: 'c1', clientSecret: 'a', webhookSecret: 'b' }
    await writeCredentials(home, credentials)
    await writeCredentials(home, { ...credentials, clientSecret: 'c' })
    expect(await readCredentials(home, 'c1')).toEqual({ ...credentials, clientSecret: 'c' })
    expect(await readdir(path.join(home, 'clients'))).toEqual(['c1.json'])
    const { mode } = await stat(path.join(home, 'clients', 'c1.json'))
    expect(mode & 0o777).toBe(0o600)
  })

  test('are not there for a client of another set-up', async () => {
    await expect(readCredentials(home, 'c2')).rejects.toMatchObject({
      code: 'credentials-missing',
    })
  })

  test('are not there any more for a client that was erased, which is said', async () => {
    const file = path.join(home, 'clients', 'c3.json')
    await writeCredentials(home, { clientId: 'c3', clientSecret: 'the secret' })
    for (let times = 0; times < 2; times += 1) await removeCredentials(home, 'c3')
    expect(await readFile(file, 'utf8')).not.toContain('the secret')
    await expect(readCredentials(home, 'c3')).rejects.toMatchObject({
      code: 'client-erased',
      message: expect.stringContaining('another name') as unknown,
    })
  })

  test('lie in their folder only', async () => {
    await expect(readCredentials(home, '../c1')).rejects.toMatchObject({
      code: 'client-name-invalid',
    })
  })
})

describe('parseDuration', () => {
  test('reads seconds, minutes, hours and days', () => {
    expect(['0s', '90s', '15m', '24h', '7d'].map(parseDuration)).toEqual([
      0, 90, 900, 86_400, 604_800,
    ])
  })

  test.each(['', '24', 'h', '-1h', '1.5h', '1w', '24 h'])('refuses %p', (text) => {
    expect(() => parseDuration(text)).toThrow('no duration')
  })
})
