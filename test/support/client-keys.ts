import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClientKeys, type ClientKeys } from '../../lib/client-keys/create-client-keys.ts'

/** Clients' keys of a test, in a folder of its own. */
export interface TestClientKeys extends ClientKeys {
  readonly directory: string
  /** Removes the folder. */
  remove(): Promise<void>
}

/** Creates the folder. Remove it at the end of the test. */
export async function createTestClientKeys(): Promise<TestClientKeys> {
  const directory = await mkdtemp(path.join(tmpdir(), 'ips-client-keys-'))
  return {
    ...createClientKeys(directory),
    directory,
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
