/** The bytes that a process may hold of something. */
export interface ByteBudget {
  /** Takes bytes where there is room for them. */
  take(bytes: number): boolean
  /** Takes bytes whether there is room or not: for what must be held. */
  force(bytes: number): void
  release(bytes: number): void
}

/** Creates a budget. */
export function createByteBudget(maxBytes: number): ByteBudget {
  let taken = 0
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false
      taken += bytes
      return true
    },
    force: (bytes) => void (taken += bytes),
    release: (bytes) => void (taken -= bytes),
  }
}
