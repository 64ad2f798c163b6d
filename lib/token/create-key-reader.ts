/** A stranger who invents key ids must not make every request read files. */
const minRereadIntervalMs = 2_000
/** A key that was taken away is forgotten after this long. */
const maxAgeMs = 10_000

/** Keys that were read from files, and are read again when they may have changed. */
export interface KeyReader<Keys> {
  /** The keys; reads them on first use, and again in the background when they are old. */
  current(): Promise<Keys>
  /** The keys, read again unless that happened a moment ago: for a key id that is not among them. */
  reread(): Promise<Keys>
}

/**
 * Creates a reader of keys. `read` rejects where there are none; then so do `current` and `reread` until the first
 * success, after which a failing read keeps what is known. `onReplace` is called with the former and the new keys after each
 * later read.
 */
export function createKeyReader<Keys>(options: {
  read: () => Promise<Keys>
  onReplace?: (former: Keys, keys: Keys) => void
  clock: () => number
}): KeyReader<Keys> {
  let known: { keys: Keys } | undefined
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<Keys> | undefined

  const readNow = async (): Promise<Keys> => {
    try {
      const keys = await options.read()
      const former = known
      known = { keys }
      if (former !== undefined) options.onReplace?.(former.keys, keys)
    } catch (error) {
      if (known === undefined) throw error
    }
    readAt = options.clock()
    return known.keys
  }
  const readShared = (): Promise<Keys> => {
    reading ??= readNow().finally(() => {
      reading = undefined
    })
    return reading
  }

  return {
    current() {
      if (known === undefined) return readShared()
      // Once something is known, a read never rejects.
      if (options.clock() - readAt > maxAgeMs) void readShared()
      return Promise.resolve(known.keys)
    },
    reread() {
      if (known !== undefined && options.clock() - readAt < minRereadIntervalMs) {
        return Promise.resolve(known.keys)
      }
      return readShared()
    },
  }
}

/** True where two maps have the same key ids. */
export function haveSameIds(
  a: ReadonlyMap<string, unknown>,
  b: ReadonlyMap<string, unknown>,
): boolean {
  return a.size === b.size && [...a.keys()].every((kid) => b.has(kid))
}
