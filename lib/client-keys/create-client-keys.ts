import path from 'node:path'
import { IpsError } from '../errors/ips-error.ts'
import {
  ensureKeyFile,
  eraseKeyFile,
  isWithoutKeys,
  readKeyFile,
  type KeyFileContent,
} from './key-file.ts'
import { clientKeyMissing, createClientKey, type ClientKey } from './seal-content.ts'

/**
 * The keys with which a service seals what it keeps of its clients. Without a client's key nothing of it can be read. What is
 * wrong with one client's key is not retryable, and is nobody else's trouble; what is retryable is wrong with the whole folder.
 */
export interface ClientKeys {
  /**
   * The client's key, for sealing: made where there is none and nothing is sealed with one, the same in all processes that share
   * the folder. Throws as `existingKey` does, and what `holdsSealed` throws.
   */
  keyFor(clientId: string): Promise<ClientKey>
  /**
   * The client's key, for what is sealed already. Throws `IpsError('client-erased')` and `IpsError('client-key-damaged')`, not
   * retryable; `IpsError('client-key-missing')` where there is no key, retryable where there is none of any client: the folder
   * is lost, or another one; and `IpsError('keys-unavailable')`, retryable, where the folder cannot be used.
   */
  existingKey(clientId: string): Promise<ClientKey>
  /**
   * Erases the client's key for ever, damaged or not: none is made again. Other processes notice within `keyFreshnessMs`. True
   * where there was something to erase. Idempotent. Throws `IpsError('keys-unavailable')`, retryable.
   */
  erase(clientId: string): Promise<boolean>
  /** Resolves where the folder can be worked with. Throws as `existingKey` does for a folder, and what `holdsSealed` throws. */
  check(): Promise<void>
}

/** What the service that seals may say and be told. */
export interface ClientKeysOptions {
  /**
   * Whether the service has something sealed, of a client or of anybody: then no key is made where one is missing, and what was
   * lost can be restored. Without it keys are made freely.
   */
  readonly holdsSealed?: (clientId?: string) => Promise<boolean>
  /** Told of a client whose key is damaged or missing, at each look at it: once in `keyFreshnessMs` at most. */
  readonly onUnusable?: (clientId: string, error: IpsError) => void
  /** Ms, which never go back. */
  readonly clock?: () => number
}

/** For so long a key is used without a look at its file: its erasure, or its repair, is noticed as late as that. */
export const keyFreshnessMs = 10_000
/** Keys in memory at most, twice; about 1 KiB each. */
const maxCached = 10_000

/** The services that seal with clients' keys. Each has a folder of its own: none can read what another one keeps. */
export type SealingService = 'push' | 'summary' | 'firehose'

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

/** Opens the keys in a folder, which is made with the first of them. */
export function createClientKeys(directory: string, options: ClientKeysOptions = {}): ClientKeys {
  const { holdsSealed = () => Promise.resolve(false) } = options
  // Apart: whoever wants a key made must not be told that there is none.
  const made = createCache(options)
  const found = createCache(options)
  const findOrMake = async (clientId: string) => {
    const content = await readKeyFile(directory, clientId)
    if (content !== undefined) return content
    const isLost = await isWithoutKeys(directory)
    const holds = await holdsSealed(isLost ? undefined : clientId)
    if (!holds) return ensureKeyFile(directory, clientId)
    // Another process may have made it meanwhile, and sealed something.
    return mustBeThere(directory, clientId, isLost)
  }
  const find = async (clientId: string) => {
    const content = await readKeyFile(directory, clientId)
    return content ?? mustBeThere(directory, clientId, await isWithoutKeys(directory))
  }
  return {
    keyFor: (clientId) => made.get(clientId, findOrMake),
    existingKey: (clientId) => found.get(clientId, find),
    async erase(clientId) {
      const hadKey = await eraseKeyFile(directory, clientId, new Date())
      made.forget(clientId)
      found.forget(clientId)
      return hadKey
    },
    async check() {
      const isLost = (await isWithoutKeys(directory)) && (await holdsSealed())
      if (isLost) throw missing(directory, 'any client', true)
    },
  }
}

async function mustBeThere(
  directory: string,
  clientId: string,
  isLost: boolean,
): Promise<KeyFileContent> {
  const content = await readKeyFile(directory, clientId)
  if (content === undefined) throw missing(directory, clientId, isLost)
  return content
}

function missing(directory: string, whose: string, isLost: boolean): IpsError {
  const others = isLost ? ': the folder has none at all, it is lost or another one' : ''
  const message = `the key of ${whose} is not in ${directory}${others}`
  return new IpsError(clientKeyMissing, message, { retryable: isLost })
}

interface Entry {
  readonly key: Promise<ClientKey>
  readonly readAt: number
}

/** What was read last, in the order of reading: callers at the same time share one look. */
function createCache({ clock = () => performance.now(), onUnusable }: ClientKeysOptions) {
  const entries = new Map<string, Entry>()
  const dropOld = (now: number) => {
    for (const [clientId, { readAt }] of entries) {
      if (now - readAt < keyFreshnessMs && entries.size < maxCached) return
      entries.delete(clientId)
    }
  }
  const look = async (clientId: string, read: (clientId: string) => Promise<KeyFileContent>) => {
    try {
      return toKey(clientId, await read(clientId))
    } catch (error) {
      // What may pass is not remembered.
      if (!(error instanceof IpsError) || error.retryable) entries.delete(clientId)
      else if (!isClientErased(error)) onUnusable?.(clientId, error)
      throw error
    }
  }
  return {
    get(clientId: string, read: (clientId: string) => Promise<KeyFileContent>): Promise<ClientKey> {
      const now = clock()
      dropOld(now)
      let entry = entries.get(clientId)
      if (entry === undefined) {
        entry = { key: look(clientId, read), readAt: now }
        entries.set(clientId, entry)
      }
      return entry.key
    },
    forget: (clientId: string) => entries.delete(clientId),
  }
}

function toKey(clientId: string, content: KeyFileContent): ClientKey {
  if (content.state === 'key') return createClientKey(clientId, content.key)
  throw new IpsError(clientErased, `${clientId} was erased: nothing of it is kept or read`)
}
