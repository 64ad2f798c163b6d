import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../errors/ips-error.ts'
import { privateFileOf, publicFolder, readPublicKeys, writePrivateFile } from './key-files.ts'
import { keyPurposeNames, type KeyPurpose } from './key-purposes.ts'

/**
 * Takes a key out of use at once: what was made with it is accepted no more, as soon as each process has read its keys again.
 * Idempotent. Throws `IpsError('key-unknown')`, and `IpsError('key-active')` for one that is in use: rotate first.
 */
export async function retireKey(directory: string, kid: string, nowMs: number): Promise<void> {
  const purpose = await findPurpose(directory, kid, nowMs)
  const folder = path.join(directory, purpose)
  const file = await findPublicFile(path.join(folder, publicFolder), kid)
  const record = JSON.parse(await readFile(file, 'utf8')) as { retiredAt?: string }
  if (record.retiredAt === undefined) {
    const temporary = `${file}.${process.pid}.new`
    await writePrivateFile(temporary, { ...record, retiredAt: new Date(nowMs).toISOString() })
    await rename(temporary, file)
  }
  await rm(privateFileOf(folder, kid), { force: true })
}

/** A rotation writes the record of a private half at once after it; a half that is older has lost its rotation. */
const maxRotationMs = 60 * 60 * 1000

/**
 * Deletes the private halves of keys that are retired, since nothing that they were made for is kept any more, and of those that an
 * interrupted rotation left behind without a record. Returns the ids. Safe in several processes at once.
 */
export async function deleteRetiredKeys(directory: string, nowMs: number): Promise<string[]> {
  const deleted: string[] = []
  for (const purpose of keyPurposeNames) {
    const records = await readPublicKeys(directory, purpose, nowMs).catch(() => [])
    if (records.length === 0) continue
    const states = new Map(records.map(({ kid, state }) => [kid, state]))
    const folder = path.join(directory, purpose)
    for (const kid of await listPrivateHalves(folder)) {
      const file = privateFileOf(folder, kid)
      const state = states.get(kid)
      const isNeeded =
        state === undefined ? await isYoungerThan(file, nowMs - maxRotationMs) : state !== 'retired'
      if (isNeeded) continue
      await rm(file, { force: true })
      deleted.push(kid)
    }
  }
  return deleted
}

async function listPrivateHalves(purposeFolder: string): Promise<string[]> {
  const names = await readdir(path.dirname(privateFileOf(purposeFolder, ''))).catch(() => [])
  return names.filter((name) => name.endsWith('.json')).map((name) => path.basename(name, '.json'))
}

/** One that another process has deleted meanwhile counts as young. */
async function isYoungerThan(file: string, timeMs: number): Promise<boolean> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs > timeMs,
    () => true,
  )
}

async function findPurpose(directory: string, kid: string, nowMs: number): Promise<KeyPurpose> {
  for (const purpose of keyPurposeNames) {
    const records = await readPublicKeys(directory, purpose, nowMs).catch(() => [])
    const record = records.find((known) => known.kid === kid)
    if (record === undefined) continue
    if (record.state !== 'active') return purpose
    throw new IpsError('key-active', `${kid} is in use: rotate first (racc keys rotate --lead 5s)`)
  }
  throw new IpsError('key-unknown', `there is no key ${kid}`)
}

async function findPublicFile(folder: string, kid: string): Promise<string> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue
    const file = path.join(folder, name)
    const record = JSON.parse(await readFile(file, 'utf8')) as { kid?: unknown }
    if (record.kid === kid) return file
  }
  throw new IpsError('key-unknown', `there is no key ${kid}`)
}
