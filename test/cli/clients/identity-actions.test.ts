import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'

const run = promisify(execFile)
const program = path.resolve(import.meta.dirname, '../../../cli/main.ts')

let databases: TestDatabases
let home: string
beforeAll(async () => {
  databases = createTestDatabases()
  home = await mkdtemp(path.join(tmpdir(), 'ips-identity-'))
})
afterAll(async () => {
  await databases.drop()
  await rm(home, { recursive: true, force: true })
})

async function racc(...args: readonly string[]): Promise<string> {
  const environment = {
    ...{ NODE_OPTIONS: '', IPS_HOME: home, IPS_KEYS_DIRECTORY: path.join(home, 'keys') },
    POSTGRES_DATABASE_PREFIX: databases.prefix,
  }
  const { stdout } = await run(process.execPath, [program, 'client', ...args], {
    env: { ...process.env, ...environment },
  })
  return stdout
}

test('an operator sees what an identity is and what became of it, and nothing that proves who somebody is', async () => {
  const { clientSecret } = JSON.parse(
    await racc('create', 'shop', '--webhook', 'https://user.example/hidden-path', '--json'),
  ) as { clientSecret: string }
  await racc('rotate-secret', 'shop', '--overlap', '24h')
  await racc('suspend', 'shop')

  const shown = await racc('show', 'shop', '--json')
  expect(JSON.parse(shown)).toMatchObject({
    ...{ clientId: 'shop', state: 'suspended', keys: [] },
    secrets: [{ expiresAt: null }, { secretId: clientSecret.split('.')[1] }],
    claims: { 'push-1': { host: 'user.example' } },
  })
  const audit = await racc('audit', 'shop', '--json')
  const events = JSON.parse(audit) as { event: string; times: number }[]
  expect(events.map(({ event, times }) => [event, times])).toEqual([
    ['identity.suspended', 1],
    ['identity.secret-rotated', 1],
    ['identity.created', 1],
  ])
  const tables = (await racc('show', 'shop')) + (await racc('audit', 'shop', '--limit', '1'))
  expect(tables).toContain('suspended')
  expect(tables).toContain('identity.suspended')
  expect(tables).not.toContain('identity.created')
  for (const text of [shown, audit, tables])
    expect(text).not.toMatch(/scrypt|hidden-path|ips\.[0-9a-f]{12}\./)

  await racc('resume', 'shop')
  expect(JSON.parse(await racc('show', 'shop', '--json'))).toMatchObject({ state: 'active' })
  for (const command of ['show', 'audit', 'suspend'])
    await expect(racc(command, 'nobody')).rejects.toMatchObject({
      stderr: expect.stringContaining('there is no client nobody'),
    })
}, 120_000)
