/** A map of a bounded size that forgets what was used least recently. */
export interface BoundedCache<Value extends object> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
}

/** Creates a cache of at most `size` entries; with 0 it keeps nothing. */
export function createBoundedCache<Value extends object>(size: number): BoundedCache<Value> {
  // A Map iterates in the order of insertion: its first key is the least recently used one.
  const entries = new Map<string, Value>()
  return {
    get(key) {
      const value = entries.get(key)
      if (value !== undefined) {
        entries.delete(key)
        entries.set(key, value)
      }
      return value
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      const [oldest] = entries.size > size ? entries.keys() : []
      if (oldest !== undefined) entries.delete(oldest)
    },
    delete(key) {
      entries.delete(key)
    },
  }
}
