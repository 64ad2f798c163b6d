import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createSecretBox } from '../../../lib/token/create-secret-box.ts'
import { createTokenIssuer } from '../../../lib/token/create-token-issuer.ts'
import { createTokenVerifier } from '../../../lib/token/create-token-verifier.ts'
import { ensureKeys } from '../../../lib/token/key-files.ts'
import { rotateKey } from '../../../lib/token/rotate-key.ts'
import { createTestKeys, type TestKeys } from '../../support/tokens.ts'

const purpose = 'authorisation-signature'

/** The keys of a folder as a secret volume of Kubernetes shows them: flat, behind a link that changes as a whole. */
async function mountSecret(keys: TestKeys, volume: string, version: string): Promise<void> {
  await mkdir(path.join(volume, `..${version}`), { recursive: true })
  const entries = await readdir(keys.directory, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name)
    const name = path.relative(keys.directory, file).replaceAll(path.sep, '.')
    await writeFile(path.join(volume, `..${version}`, name), await readFile(file))
    await symlink(path.join('..data', name), path.join(volume, name)).catch(() => undefined)
  }
  await symlink(`..${version}`, path.join(volume, '..new'))
  await rename(path.join(volume, '..new'), path.join(volume, '..data'))
}

describe('keys that a secret store mounts as one flat folder', () => {
  let keys: TestKeys
  let volume: string
  beforeEach(async () => {
    keys = await createTestKeys()
    volume = await mkdtemp(path.join(tmpdir(), 'ips-mounted-'))
  })
  afterEach(async () => {
    await keys.remove()
    await rm(volume, { recursive: true })
  })

  const issue = (keysDirectory: string) =>
    createTokenIssuer({ keysDirectory, issuer: keys.issuer }).issue({
      ...{ clientId: 'client', rights: {}, issuedAt: new Date(), lifetimeSeconds: 60 },
    })

  test('issue and verify tokens, and nothing is made beside them', async () => {
    await mountSecret(keys, volume, 'one')
    const entries = await readdir(volume)
    await ensureKeys(volume, purpose)
    const verifier = createTokenVerifier({
      ...{ keysDirectory: volume, issuer: keys.issuer, cacheSize: 0 },
    })
    const verified = await verifier.verify(await issue(volume), new Date())
    expect(verified.clientId).toBe('client')
    expect(await readdir(volume)).toEqual(entries)
  })

  test('are noticed when they change, without a restart', async () => {
    await mountSecret(keys, volume, 'one')
    const nowMs = Date.now() - 60_000
    let aheadMs = 0
    const verifier = createTokenVerifier({
      ...{ keysDirectory: volume, issuer: keys.issuer, cacheSize: 0 },
      clock: () => Date.now() + aheadMs,
    })
    await verifier.verify(await issue(volume), new Date())
    await rotateKey(keys.directory, purpose, { nowMs, activeFromMs: nowMs })
    await mountSecret(keys, volume, 'two')
    aheadMs = 60_000
    await verifier.verify(await issue(volume), new Date())
  })

  test('are not rotated there', async () => {
    await mountSecret(keys, volume, 'one')
    const times = { nowMs: Date.now(), activeFromMs: Date.now() }
    await expect(rotateKey(volume, purpose, times)).rejects.toMatchObject({ code: 'keys-mounted' })
  })

  test('open what they sealed as a folder', async () => {
    const box = await createSecretBox(path.join(keys.directory, 'authorisation-secrets'))
    const sealed = box.seal('secret', 'client')
    await mountSecret(keys, volume, 'one')
    const mounted = await createSecretBox(path.join(volume, 'authorisation-secrets'))
    expect(mounted.open(sealed, 'client')).toBe('secret')
  })
})
