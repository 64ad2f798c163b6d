import { rm } from 'node:fs/promises'
import path from 'node:path'
import { IpsError } from '../errors/ips-error.ts'
import { createExclusively } from '../files/create-exclusively.ts'
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
  const known = await readPublicKeys(directory, purpose, times.nowMs)
  const waiting = known.find(({ state }) => state === 'next')
  if (waiting !== undefined) return waiting
  const newest = known[0]?.kid ?? ''
  const made = await publishPair(path.join(directory, purpose), purpose, times, newest)
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
  await writePrivateFile(privateFileOf(folder, kid), privateHalf)
  const record = {
    kid,
    createdAt: new Date(nowMs).toISOString(),
    activeFrom: new Date(activeFromMs).toISOString(),
    jwk: publicHalf,
  }
  let isFirst = false
  try {
    isFirst = await createExclusively(file, `${JSON.stringify(record, null, 2)}\n`)
    return isFirst ? kid : undefined
  } finally {
    if (!isFirst) await rm(privateFileOf(folder, kid))
  }
}
