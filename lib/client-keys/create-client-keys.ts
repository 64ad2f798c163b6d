import path from 'node:path'
import { IpsError } from '../errors/ips-error.ts'
import {
  ensureKeyFile,
  eraseKeyFile,
  keyFileOf,
  readKeyFile,
  type KeyFileContent,
} from './key-file.ts'
import { clientKeyMissing, createClientKey, type ClientKey } from './seal-content.ts'

/** The keys with which a service seals what it keeps of its clients. Without a client's key nothing of it can be read. */
export interface ClientKeys {
  /**
   * The client's key, for sealing: made where there is none, the same in all processes that share the folder. Throws
   * `IpsError('client-erased')`, not retryable, and `IpsError('keys-unavailable')`, retryable.
   */
  keyFor(clientId: string): Promise<ClientKey>
  /**
   * The client's key, for what is sealed already. Throws as `keyFor` does, and `IpsError('client-key-missing')`, retryable,
   * where there is none: the folder of keys is lost, or another one.
   */
  existingKey(clientId: string): Promise<ClientKey>
  /**
   * Erases the client's key for ever: none is made again. Other processes notice within `keyFreshnessMs`. True where there was
   * a key. Idempotent. Throws `IpsError('keys-unavailable')`, retryable.
   */
  erase(clientId: string): Promise<boolean>
}

/** For so long a key is used without a look at its file: the erasure by another process is noticed as late as that. */
export const keyFreshnessMs = 10_000
/** Keys in memory at most, twice; about 1 KiB each. */
const maxCached = 10_000

/** The services that seal with clients' keys. Each has a folder of its own: none can read what another one keeps. */
export type SealingService = 'push' | 'summary'

/** Where the keys of a service are, within the folder of keys. */
export function clientKeysFolder(keysDirectory: string, service: SealingService): string {
  return path.join(keysDirectory, 'clients', service)
}

/** The code of a client whose key was erased. */
export const clientErased = 'client-erased'

/** Whether something failed since the client was erased. */
export function isClientErased(error: unknown): boolean {
  return error instanceof IpsError && error.code === clientErased
}

/** What work gives, or `undefined` where it fails since the client was erased. */
export async function unlessErased<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isClientErased(error)) return undefined
    throw error
  }
}

/** Opens the keys in a folder, which is made with the first of them. `clock`: ms, which never go back. */
export function createClientKeys(
  directory: string,
  clock: () => number = () => performance.now(),
): ClientKeys {
  // Apart: whoever wants a key made must not be told that there is none.
  const made = createCache(clock)
  const found = createCache(clock)
  return {
    async keyFor(clientId) {
      const file = keyFileOf(directory, clientId)
      return made.get(clientId, async () => toState(clientId, await ensureKeyFile(file)))
    },
    async existingKey(clientId) {
      const file = keyFileOf(directory, clientId)
      return found.get(clientId, async () => {
        const content = await readKeyFile(file)
        if (content !== undefined) return toState(clientId, content)
        throw new IpsError(clientKeyMissing, `the key of ${clientId} is not in ${directory}`, {
          retryable: true,
        })
      })
    },
    async erase(clientId) {
      const hadKey = await eraseKeyFile(keyFileOf(directory, clientId), new Date())
      made.forget(clientId)
      found.forget(clientId)
      return hadKey
    },
  }
}

type KeyState = ClientKey | typeof clientErased

function toState(clientId: string, content: KeyFileContent): KeyState {
  return content.state === 'key' ? createClientKey(clientId, content.key) : clientErased
}

interface Entry {
  readonly state: Promise<KeyState>
  readonly readAt: number
}

/** What was read last, in the order of reading: callers at the same time share one look. */
function createCache(clock: () => number) {
  const entries = new Map<string, Entry>()
  const dropOld = (now: number) => {
    for (const [clientId, { readAt }] of entries) {
      if (now - readAt < keyFreshnessMs && entries.size < maxCached) return
      entries.delete(clientId)
    }
  }
  return {
    async get(clientId: string, read: () => Promise<KeyState>): Promise<ClientKey> {
      const now = clock()
      dropOld(now)
      let entry = entries.get(clientId)
      if (entry === undefined) {
        entry = { state: read(), readAt: now }
        entries.set(clientId, entry)
      }
      const state = await entry.state.catch((error: unknown) => {
        // A failure is not remembered.
        if (entries.get(clientId) === entry) entries.delete(clientId)
        throw error
      })
      if (state === clientErased) {
        throw new IpsError(clientErased, `${clientId} was erased: nothing of it is kept or read`)
      }
      return state
    },
    forget: (clientId: string) => entries.delete(clientId),
  }
}
