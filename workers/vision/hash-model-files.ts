import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** A model, exactly. */
export interface HashedModel {
  readonly name: string
  /** 64 lower-case hex digits. */
  readonly sha256: string
}

/** Hashes the files of models. Throws `IpsError('model-unavailable')` where one cannot be read. */
export async function hashModelFiles(
  directory: string,
  names: readonly string[],
): Promise<HashedModel[]> {
  const models: HashedModel[] = []
  for (const name of names) {
    const hash = createHash('sha256')
    try {
      await pipeline(createReadStream(path.join(directory, `${name}.onnx`)), hash)
    } catch (cause) {
      throw new IpsError('model-unavailable', `the model ${name} is not in ${directory}`, { cause })
    }
    models.push({ name, sha256: hash.digest('hex') })
  }
  return models
}
