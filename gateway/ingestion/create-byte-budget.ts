/** Bytes of one request within the budget. */
export interface ByteLease {
  /** Takes more bytes. Returns false, and takes nothing, where the budget or the client's share of it is used up. */
  take(bytes: number): boolean
  /** Gives back everything. Idempotent. */
  release(): void
}

/** Bounds the bytes of bodies that are in memory, over all requests and for each client. */
export interface ByteBudget {
  /** Whether so many bytes could be taken now. */
  fits(clientId: string, bytes: number): boolean
  lease(clientId: string): ByteLease
  usedBytes(): number
}

/** Creates a budget. A client's share is smaller than the total, so that none can take the whole. */
export function createByteBudget({
  totalBytes,
  clientBytes,
}: {
  totalBytes: number
  clientBytes: number
}): ByteBudget {
  let used = 0
  const byClient = new Map<string, number>()
  const fits = (clientId: string, bytes: number) =>
    used + bytes <= totalBytes && (byClient.get(clientId) ?? 0) + bytes <= clientBytes
  const add = (clientId: string, bytes: number) => {
    used += bytes
    const own = (byClient.get(clientId) ?? 0) + bytes
    if (own === 0) byClient.delete(clientId)
    else byClient.set(clientId, own)
  }
  return {
    fits,
    lease(clientId) {
      let taken = 0
      return {
        take(bytes) {
          if (!fits(clientId, bytes)) return false
          add(clientId, bytes)
          taken += bytes
          return true
        },
        release() {
          add(clientId, -taken)
          taken = 0
        },
      }
    },
    usedBytes: () => used,
  }
}
