import { link, rm } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../errors/ips-error.ts'
import {
  createPair,
  isMountedFlat,
  privateFileOf,
  publicFolder,
  readPublicKeys,
  writePrivateFile,
  type KeyRecord,
} from './key-files.ts'
import type { KeyPurpose } from './key-purposes.ts'

/** When a new key is made, and when it takes its place; ms since the epoch. */
export interface RotationTimes {
  readonly nowMs: number
  readonly activeFromMs: number
}

/**
 * Makes the next key of a purpose and returns its record; where there is one already, that one. Whoever reads the folder
 * meanwhile sees it whole or not at all, and of several processes that rotate at once one makes it. Throws
 * `IpsError('keys-unavailable')`, retryable, `IpsError('keys-mounted')` where they come from a secret store, and what the file
 * system throws.
 */
export async function rotateKey(
  directory: string,
  purpose: KeyPurpose,
  times: RotationTimes,
): Promise<KeyRecord> {
  if (await isMountedFlat(directory, purpose)) {
    throw new IpsError(
      'keys-mounted',
      'the keys come from a secret store, mounted read-only: make the new one elsewhere and put it there',
    )
  }
  const [newest, ...others] = await readPublicKeys(directory, purpose, times.nowMs)
  const waiting = [newest, ...others].find((record) => record?.state === 'next')
  if (waiting !== undefined) return waiting
  const made = await publishPair(path.join(directory, purpose), purpose, times, newest?.kid ?? '')
  const records = await readPublicKeys(directory, purpose, times.nowMs)
  const record = records.find(({ kid }) => kid === made) ?? records[0]
  if (record !== undefined) return record
  throw new IpsError('keys-unavailable', `there is no key for ${purpose}`, { retryable: true })
}

/** The private half is there first, so that nobody learns of a key that cannot be used. Returns its id, where it was first. */
async function publishPair(
  folder: string,
  purpose: KeyPurpose,
  { nowMs, activeFromMs }: RotationTimes,
  predecessor: string,
): Promise<string | undefined> {
  const { kid, publicHalf, privateHalf } = await createPair(purpose)
  // Named after the key before it: it has one successor, whoever makes it.
  const file = path.join(folder, publicFolder, `after-${predecessor}.json`)
  const temporary = path.join(folder, publicFolder, `${kid}.new`)
  await writePrivateFile(privateFileOf(folder, kid), privateHalf)
  await writePrivateFile(temporary, {
    kid,
    createdAt: new Date(nowMs).toISOString(),
    activeFrom: new Date(activeFromMs).toISOString(),
    jwk: publicHalf,
  })
  try {
    await link(temporary, file)
    return kid
  } catch (error) {
    await rm(privateFileOf(folder, kid))
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  } finally {
    await rm(temporary)
  }
}
