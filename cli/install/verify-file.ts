import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** The SHA-256 of a file, as lower-case hex. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Throws `IpsError('checksum-mismatch')` where the file is not exactly what the manifest says; `name` is for people. */
export async function verifyFile(
  file: string,
  expected: { readonly bytes: number; readonly sha256: string },
  name: string,
): Promise<void> {
  const { size } = await stat(file)
  const found = await hashFile(file)
  if (size === expected.bytes && found === expected.sha256) return
  throw new IpsError(
    'checksum-mismatch',
    `${name} is not what the manifest expects: ${size} bytes with SHA-256 ${found}, not ${expected.bytes} bytes with ${expected.sha256}; it is refused.`,
  )
}
