import { readdir, readFile, rename, rm } from 'node:fs/promises'
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

/**
 * Deletes the private halves of keys that are retired: nothing that they were made for is kept any more. Returns the ids.
 * Safe in several processes at once.
 */
export async function deleteRetiredKeys(directory: string, nowMs: number): Promise<string[]> {
  const deleted: string[] = []
  for (const purpose of keyPurposeNames) {
    const records = await readPublicKeys(directory, purpose, nowMs).catch(() => [])
    const folder = path.join(directory, purpose)
    const halves = new Set(await readdir(path.dirname(privateFileOf(folder, ''))).catch(() => []))
    for (const { kid, state } of records) {
      if (state !== 'retired' || !halves.has(`${kid}.json`)) continue
      await rm(privateFileOf(folder, kid), { force: true })
      deleted.push(kid)
    }
  }
  return deleted
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
