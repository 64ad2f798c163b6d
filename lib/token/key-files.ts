import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'
import { keyPurposes, type KeyPurpose } from './key-purposes.ts'
import { keyRetentionMs } from './key-retention.ts'
import { statesOf, type KeyState, type KeyTimes } from './key-schedule.ts'

const publicKeyFile = z.object({
  kid: z.string().min(1),
  createdAt: z.iso.datetime(),
  /** The first key is active at once, and has none. */
  activeFrom: z.iso.datetime().exactOptional(),
  retiredAt: z.iso.datetime().exactOptional(),
  jwk: z.looseObject({ kty: z.string() }),
})

const privateKeyFile = z.looseObject({ kty: z.string(), kid: z.string().min(1) })

/** The public half of a pair, with what is known about it. Times are RFC 3339. */
export interface KeyRecord {
  readonly kid: string
  readonly state: KeyState
  readonly createdAt: string
  readonly activeFrom: string
  readonly jwk: JWK
}

const folderMode = 0o700
const fileMode = 0o600
export const publicFolder = 'public'
const privateFolder = 'private'

/**
 * Makes sure that a purpose has keys: generates the first pair where there is none. Safe when several processes start at
 * once: the pair appears by one rename of its whole folder, so that exactly one wins and nobody sees half of it.
 */
export async function ensureKeys(
  directory: string,
  purpose: KeyPurpose,
  createdAt: Date = new Date(),
): Promise<void> {
  await createOnce(directory, purpose, (folder) => writePair(folder, purpose, createdAt))
}

/**
 * The public halves of a purpose's keys with their states at `nowMs`, newest first; those that are retired are still listed.
 * Throws `IpsError('keys-unavailable')`, retryable.
 */
export async function readPublicKeys(
  directory: string,
  purpose: KeyPurpose,
  nowMs: number = Date.now(),
): Promise<KeyRecord[]> {
  const files = await readFolder(directory, [purpose, publicFolder], publicKeyFile)
  const states = statesOf(files.map(timesOf), nowMs, keyRetentionMs[purpose])
  return files
    .map(({ kid, createdAt, activeFrom = createdAt, jwk }) => ({
      ...{ kid, createdAt, activeFrom, jwk },
      state: states.get(kid) ?? 'retired',
    }))
    .sort((a, b) => b.activeFrom.localeCompare(a.activeFrom) || a.kid.localeCompare(b.kid))
}

function timesOf({
  kid,
  createdAt,
  activeFrom,
  retiredAt,
}: z.output<typeof publicKeyFile>): KeyTimes {
  return {
    kid,
    activeFrom: Date.parse(activeFrom ?? createdAt),
    ...(retiredAt === undefined ? {} : { retiredAt: Date.parse(retiredAt) }),
  }
}

/** The private halves of a purpose's keys by their id. Throws `IpsError('keys-unavailable')`, retryable. */
export async function readPrivateKeys(
  directory: string,
  purpose: KeyPurpose,
): Promise<ReadonlyMap<string, JWK>> {
  const files = await readFolder(directory, [purpose, privateFolder], privateKeyFile)
  return new Map(files.map((jwk) => [jwk.kid, jwk as JWK]))
}

/**
 * Fills a folder of the keys' directory that does not exist yet: `write` fills a temporary one beside it, which is then
 * renamed. Where the folder exists already, its files are mounted flat, or another process is faster, nothing happens.
 */
export async function createOnce(
  directory: string,
  name: string,
  write: (temporaryFolder: string) => Promise<void>,
): Promise<void> {
  const folder = path.join(directory, name)
  if ((await hasEntries(folder)) || (await isMountedFlat(directory, name))) return
  await mkdir(directory, { recursive: true, mode: folderMode })
  const temporary = await mkdtemp(`${folder}.new-`)
  try {
    await write(temporary)
    await rename(temporary, folder)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (!(await hasEntries(folder))) throw error
  }
}

/** Writes a file that only its owner may read, and waits until it is on disk. */
export async function writePrivateFile(file: string, content: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, {
    mode: fileMode,
    flag: 'wx',
    flush: true,
  })
}

async function writePair(folder: string, purpose: KeyPurpose, createdAt: Date): Promise<void> {
  for (const name of [publicFolder, privateFolder]) {
    await mkdir(path.join(folder, name), { mode: folderMode })
  }
  const { kid, publicHalf, privateHalf } = await createPair(purpose)
  await writePrivateFile(privateFileOf(folder, kid), privateHalf)
  await writePrivateFile(path.join(folder, publicFolder, `${kid}.json`), {
    kid,
    createdAt: createdAt.toISOString(),
    jwk: publicHalf,
  })
}

/** Generates a pair. Both halves say what they are for. */
export async function createPair(
  purpose: KeyPurpose,
): Promise<{ kid: string; publicHalf: JWK; privateHalf: JWK }> {
  const { alg, use } = keyPurposes[purpose]
  const pair = await generateKeyPair(alg, { extractable: true })
  const kid = await calculateJwkThumbprint(pair.publicKey)
  const members = { kid, use, alg }
  return {
    kid,
    publicHalf: { ...(await exportJWK(pair.publicKey)), ...members },
    privateHalf: { ...(await exportJWK(pair.privateKey)), ...members },
  }
}

/** Where a private half lies in the folder of its purpose. */
export function privateFileOf(purposeFolder: string, kid: string): string {
  return path.join(purposeFolder, privateFolder, `${kid}.json`)
}

/**
 * Reads every JSON file of a folder of keys; `names` lead to it from the keys' directory. Throws
 * `IpsError('keys-unavailable')`, retryable, also where there is none.
 */
export async function readFolder<Schema extends z.ZodType>(
  directory: string,
  names: readonly string[],
  schema: Schema,
): Promise<z.output<Schema>[]> {
  try {
    const files = await listFiles(directory, names)
    if (files.length === 0) throw new Error('the folder is empty')
    return await Promise.all(
      files.map(async (file) => schema.parse(JSON.parse(await readFile(file, 'utf8')))),
    )
  } catch (cause) {
    const folder = path.join(directory, ...names)
    throw new IpsError('keys-unavailable', `the keys in ${folder} cannot be read`, {
      retryable: true,
      cause,
    })
  }
}

/**
 * A secret store mounts its entries as the files of one folder, whose names have dots where there are folders else:
 * `authorisation-encryption.private.KID.json`. That is a read-only copy: what is made new is put into the secret store.
 */
async function listFiles(directory: string, names: readonly string[]): Promise<string[]> {
  const folder = path.join(directory, ...names)
  const entries = await readdir(folder).catch(() => undefined)
  if (entries !== undefined)
    return entries.filter(isKeyFile).map((entry) => path.join(folder, entry))
  return (await listFlat(directory, names.join('.'))).map((entry) => path.join(directory, entry))
}

async function listFlat(directory: string, prefix: string): Promise<string[]> {
  const entries = await readdir(directory)
  return entries.filter((entry) => entry.startsWith(`${prefix}.`) && isKeyFile(entry))
}

/** Whether the files of a folder of keys are mounted as those of one flat folder. */
export async function isMountedFlat(directory: string, name: string): Promise<boolean> {
  return listFlat(directory, name).then(
    (entries) => entries.length > 0,
    () => false,
  )
}

function isKeyFile(name: string): boolean {
  return name.endsWith('.json')
}

async function hasEntries(folder: string): Promise<boolean> {
  return readdir(folder).then(
    (entries) => entries.length > 0,
    () => false,
  )
}
