import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import { pino } from 'pino'
import { createTokenIssuer } from '../../../lib/token/create-token-issuer.ts'
import { readPublicKeys } from '../../../lib/token/key-files.ts'
import { readJwks } from '../../../lib/token/list-keys.ts'
import { deleteRetiredKeys, retireKey } from '../../../lib/token/retire-key.ts'
import { rotateKey } from '../../../lib/token/rotate-key.ts'
import { rotateWhenDue } from '../../../lib/token/start-key-schedule.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

const run = promisify(execFile)
const source = (name: string) =>
  JSON.stringify(path.resolve(import.meta.dirname, '../../../lib/token', name))
const signature = 'authorisation-signature'
const encryption = 'authorisation-encryption'
const day = 24 * 60 * 60 * 1000

let keys: TestKeys
beforeEach(async () => {
  keys = await createTestKeys()
})
afterEach(() => keys.remove())

const statesAt = async (nowMs: number, purpose: typeof signature | typeof encryption = signature) =>
  (await readPublicKeys(keys.directory, purpose, nowMs)).map(({ state }) => state)

const privateHalves = (purpose: string) => readdir(path.join(keys.directory, purpose, 'private'))

describe('a rotation', () => {
  test('publishes a key that takes over when its time comes', async () => {
    const nowMs = Date.now()
    const { kid, state } = await rotateKey(keys.directory, signature, {
      nowMs,
      activeFromMs: nowMs + 60_000,
    })
    expect(state).toBe('next')
    expect((await readJwks(keys.directory)).keys.map((jwk) => jwk.kid)).toContain(kid)
    expect(await statesAt(nowMs)).toEqual(['next', 'active'])
    expect(await statesAt(nowMs + 60_000)).toEqual(['active', 'retiring'])
    expect(await statesAt(nowMs + 1_000 * day)).toEqual(['active', 'retired'])
  })

  test('makes one key, however many processes rotate at once', async () => {
    const script = `
      import { rotateKey } from ${source('rotate-key.ts')}
      const [, directory] = process.argv
      const times = { nowMs: Date.now(), activeFromMs: Date.now() + 60_000 }
      const made = await Promise.all([1, 2, 3].map(() => rotateKey(directory, '${signature}', times)))
      process.stdout.write(made.map(({ kid }) => kid).join())`
    const rotations = Array.from({ length: 3 }, () =>
      run(process.execPath, ['--input-type=module-typescript', '-e', script, keys.directory]),
    )
    const kids = (await Promise.all(rotations)).flatMap(({ stdout }) => stdout.split(','))
    expect(new Set(kids).size).toBe(1)
    expect(await statesAt(Date.now())).toEqual(['next', 'active'])
    expect(await privateHalves(signature)).toHaveLength(2)
  })

  test('loses no request: tokens are issued and accepted all the while, also by those who read the keys late', async () => {
    let aheadMs = 0
    const issuer = createTokenIssuer({
      keysDirectory: keys.directory,
      issuer: keys.issuer,
      // Makes it read the keys again sooner than it would.
      clock: () => Date.now() + aheadMs,
    })
    const verifiers = [keys.createVerifier(), keys.createVerifier(0)]
    const kids = new Set<unknown>()
    const exchange = async () => {
      const content = { clientId: 'client', rights: {}, issuedAt: new Date(), lifetimeSeconds: 60 }
      const token = await issuer.issue(content)
      kids.add(decodeProtectedHeader(token).kid)
      for (const verifier of verifiers) await verifier.verify(token, new Date())
    }
    await exchange()
    const activeFromMs = Date.now() + 2_500
    for (const purpose of [signature, encryption] as const)
      await rotateKey(keys.directory, purpose, { nowMs: Date.now(), activeFromMs })
    while (Date.now() < activeFromMs + 1_000) {
      aheadMs += 1_000
      await Promise.all(Array.from({ length: 4 }, exchange))
    }
    expect(kids.size).toBe(2)
  })
})

describe('an operator who retires a key', () => {
  test('is told to rotate first where it is in use', async () => {
    const [active] = await readPublicKeys(keys.directory, signature)
    await expect(retireKey(keys.directory, active?.kid ?? '', Date.now())).rejects.toMatchObject({
      code: 'key-active',
    })
    await expect(retireKey(keys.directory, 'nobody', Date.now())).rejects.toMatchObject({
      code: 'key-unknown',
    })
  })

  test.each([signature, encryption] as const)(
    'makes tokens of %s unacceptable, and those of its successor stay good',
    async (purpose) => {
      const former = await issueTestToken(keys)
      const [active] = await readPublicKeys(keys.directory, purpose)
      const nowMs = Date.now() - 1
      await rotateKey(keys.directory, purpose, { nowMs, activeFromMs: nowMs })
      await keys.createVerifier().verify(former, new Date())
      await retireKey(keys.directory, active?.kid ?? '', Date.now())
      await retireKey(keys.directory, active?.kid ?? '', Date.now())
      const verifier = keys.createVerifier()
      await expect(verifier.verify(former, new Date())).rejects.toMatchObject({ retryable: false })
      await verifier.verify(await issueTestToken(keys), new Date())
      expect(await privateHalves(purpose)).toHaveLength(1)
    },
  )
})

describe('the schedule', () => {
  test('renews keys for years, and keeps private halves only for as long as they are needed', async () => {
    const startMs = Date.now()
    let nowMs = startMs
    const options = {
      directory: keys.directory,
      purposes: [signature, encryption] as const,
      ...{ keyRotationDays: 90, keyLeadSeconds: 600 },
      logger: pino({ level: 'silent' }),
      clock: () => nowMs,
    }
    for (; nowMs < startMs + 1_000 * day; nowMs += 9 * day) await rotateWhenDue(options)
    expect((await statesAt(nowMs)).filter((state) => state === 'active')).toHaveLength(1)
    expect(await statesAt(nowMs)).toHaveLength(12)
    // 228 days of messages are three keys of 90 days, and the one that is active.
    expect(await privateHalves(encryption)).toHaveLength(4)
    expect(await deleteRetiredKeys(keys.directory, nowMs)).toEqual([])
  })

  test('deletes retired halves also where rotation is somebody else’s, and what interrupted rotations left', async () => {
    const startMs = Date.now()
    const options = {
      directory: keys.directory,
      purposes: [signature] as const,
      ...{ keyRotationDays: 0, keyLeadSeconds: 600 },
      logger: pino({ level: 'silent' }),
    }
    await rotateKey(keys.directory, signature, { nowMs: startMs, activeFromMs: startMs })
    const left = path.join(keys.directory, signature, 'private', 'left-behind.json')
    await writeFile(left, '{}')
    await rotateWhenDue({ ...options, clock: () => startMs })
    expect(await privateHalves(signature)).toHaveLength(3)
    await rotateWhenDue({ ...options, clock: () => startMs + 2 * 60 * 60 * 1000 })
    expect(await privateHalves(signature)).toHaveLength(2)
    await rotateWhenDue({ ...options, clock: () => startMs + 300 * day })
    expect(await privateHalves(signature)).toHaveLength(1)
    expect(await statesAt(startMs + 300 * day)).toEqual(['active', 'retired'])
  })

  test('is not put off by a key that was taken back before its time', async () => {
    const nowMs = Date.now()
    const { kid } = await rotateKey(keys.directory, signature, {
      ...{ nowMs, activeFromMs: nowMs + 365 * day },
    })
    await retireKey(keys.directory, kid, nowMs)
    await rotateWhenDue({
      directory: keys.directory,
      purposes: [signature],
      ...{ keyRotationDays: 90, keyLeadSeconds: 600 },
      logger: pino({ level: 'silent' }),
      clock: () => nowMs + 90 * day,
    })
    expect(await statesAt(nowMs + 91 * day)).toContain('retiring')
  })
})
