import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClientKeys, type ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import { createClientKey, type ClientKey } from '../../lib/client-keys/seal-content.ts'

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

/** A key that every process of a test derives from the client's id, without a folder. */
export function derivedKey(clientId: string): ClientKey {
  return createClientKey(clientId, createHash('sha256').update(clientId).digest())
}

/** Keys that are derived: nothing can be erased, and none is ever missing. */
export const derivedKeys: ClientKeys = {
  keyFor: (clientId) => Promise.resolve(derivedKey(clientId)),
  existingKey: (clientId) => Promise.resolve(derivedKey(clientId)),
  erase: () => Promise.resolve(false),
  check: () => Promise.resolve(),
}
