import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'

/** What a pair of keys is for. Each purpose is a folder of its own, so that a process can be given only what it needs. */
export const keyPurposes = {
  'authentication-signature': { use: 'sig', alg: 'EdDSA' },
  'authorisation-signature': { use: 'sig', alg: 'EdDSA' },
  'authorisation-encryption': { use: 'enc', alg: 'ECDH-ES+A256KW' },
} as const

export type KeyPurpose = keyof typeof keyPurposes

/**
 * `next`: published, so that everybody knows it before it is used; `active`: signs or encrypts; `retiring`: only verifies
 * or decrypts what is still out there.
 */
const keyState = z.enum(['next', 'active', 'retiring'])

const publicKeyFile = z.object({
  kid: z.string().min(1),
  state: keyState,
  createdAt: z.iso.datetime(),
  jwk: z.looseObject({ kty: z.string() }),
})

const privateKeyFile = z.looseObject({ kty: z.string(), kid: z.string().min(1) })

/** The public half of a pair, with what is known about it. */
export interface KeyRecord {
  readonly kid: string
  readonly state: z.output<typeof keyState>
  /** RFC 3339. */
  readonly createdAt: string
  readonly jwk: JWK
}

const folderMode = 0o700
const fileMode = 0o600
const publicFolder = 'public'
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
  await createOnce(path.join(directory, purpose), (folder) => writePair(folder, purpose, createdAt))
}

/** The public halves of a purpose's keys, newest first. Throws `IpsError('keys-unavailable')`, retryable. */
export async function readPublicKeys(directory: string, purpose: KeyPurpose): Promise<KeyRecord[]> {
  const files = await readFolder(path.join(directory, purpose, publicFolder), publicKeyFile)
  return files
    .map(({ jwk, ...record }) => ({ ...record, jwk: jwk }))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.kid.localeCompare(b.kid))
}

/** The private halves of a purpose's keys by their id. Throws `IpsError('keys-unavailable')`, retryable. */
export async function readPrivateKeys(
  directory: string,
  purpose: KeyPurpose,
): Promise<ReadonlyMap<string, JWK>> {
  const files = await readFolder(path.join(directory, purpose, privateFolder), privateKeyFile)
  return new Map(files.map((jwk) => [jwk.kid, jwk as JWK]))
}

/**
 * Fills a folder that does not exist yet: `write` fills a temporary one beside it, which is then renamed. Where the folder
 * exists already, or another process is faster, nothing happens.
 */
export async function createOnce(
  folder: string,
  write: (temporaryFolder: string) => Promise<void>,
): Promise<void> {
  if (await hasEntries(folder)) return
  await mkdir(path.dirname(folder), { recursive: true, mode: folderMode })
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
  const { alg, use } = keyPurposes[purpose]
  const pair = await generateKeyPair(alg, { extractable: true })
  const kid = await calculateJwkThumbprint(pair.publicKey)
  const members = { kid, use, alg }
  const publicHalf = { ...(await exportJWK(pair.publicKey)), ...members }
  const privateHalf = { ...(await exportJWK(pair.privateKey)), ...members }
  for (const name of [publicFolder, privateFolder]) {
    await mkdir(path.join(folder, name), { mode: folderMode })
  }
  await writePrivateFile(path.join(folder, privateFolder, `${kid}.json`), privateHalf)
  await writePrivateFile(path.join(folder, publicFolder, `${kid}.json`), {
    kid,
    state: 'active',
    createdAt: createdAt.toISOString(),
    jwk: publicHalf,
  })
}

/** Reads every JSON file of a folder of keys. Throws `IpsError('keys-unavailable')`, retryable, also where there is none. */
export async function readFolder<Schema extends z.ZodType>(
  folder: string,
  schema: Schema,
): Promise<z.output<Schema>[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
    if (names.length === 0) throw new Error('the folder is empty')
    return await Promise.all(
      names.map(async (name) =>
        schema.parse(JSON.parse(await readFile(path.join(folder, name), 'utf8'))),
      ),
    )
  } catch (cause) {
    throw new IpsError('keys-unavailable', `the keys in ${folder} cannot be read`, {
      retryable: true,
      cause,
    })
  }
}

async function hasEntries(folder: string): Promise<boolean> {
  return readdir(folder).then(
    (entries) => entries.length > 0,
    () => false,
  )
}
