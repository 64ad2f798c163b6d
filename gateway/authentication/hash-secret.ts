import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** How costly a hash is. */
interface HashCost {
  /** log2 of scrypt's N. */
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** 32 MiB and about 60 ms of a core. Secrets are 256 random bits, so that more would protect nothing. */
const cost: HashCost = { logN: 15, r: 8, p: 1 }
const saltBytes = 16
const hashBytes = 32
/** What a stored hash may ask for at most, so that a damaged one cannot take the process down. */
const maxMemoryBytes = 256 * 1024 * 1024

const format = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]+)\$([\w-]+)$/

/** Hashes a secret with a new salt: `$scrypt$ln=15,r=8,p=1$SALT$HASH` (base64url), its cost included. */
export async function hashSecret(
  secret: string,
  random: (size: number) => Buffer = randomBytes,
): Promise<string> {
  const salt = random(saltBytes)
  const hash = await derive(secret, salt, cost)
  const parameters = `ln=${cost.logN},r=${cost.r},p=${cost.p}`
  return `$scrypt$${parameters}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/**
 * True where `stored` is the hash of `secret`; the comparison takes the same time wherever they differ. Throws
 * `IpsError('hash-unreadable')`, not retryable, where `stored` is no hash.
 */
export async function matchesHash(secret: string, stored: string): Promise<boolean> {
  const [, logN, r, p, salt = '', hash = ''] = format.exec(stored) ?? []
  if (hash === '') throw new IpsError('hash-unreadable', 'a stored hash cannot be read')
  const expected = Buffer.from(hash, 'base64url')
  const parameters = { logN: Number(logN), r: Number(r), p: Number(p) }
  const actual = await derive(secret, Buffer.from(salt, 'base64url'), parameters)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

function derive(secret: string, salt: Buffer, { logN, r, p }: HashCost): Promise<Buffer> {
  const options = { N: 2 ** logN, r, p, maxmem: maxMemoryBytes }
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, hashBytes, options, (error, hash) => {
      if (error === null) resolve(hash)
      else reject(error)
    })
  })
}
