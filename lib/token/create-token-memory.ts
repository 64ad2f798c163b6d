import { IpsError } from '../errors/ips-error.ts'
import { createBoundedCache } from './bounded-cache.ts'

/** Wrong tokens remembered at most: enough for clients that repeat one, too few for a flood to cost memory. */
const maxRememberedRefusals = 1_000

/** Remembers how the opening of tokens ended, by their digests. */
export interface TokenMemory<Opened extends object> {
  /** What is known of a token; rejects where it was refused. `undefined` where nothing is known. */
  find(digest: string): Opened | undefined
  /**
   * Opens a token by `open` and remembers how that ended: success, and `IpsError('token-invalid')`. Where `open` resolves
   * to `undefined`, nothing is remembered. Concurrent calls for one digest share one opening.
   */
  open(digest: string, open: () => Promise<Opened | undefined>): Promise<Opened | undefined>
}

/** Creates a memory of at most `size` opened tokens and a bounded number of refused ones. */
export function createTokenMemory<Opened extends object>(size: number): TokenMemory<Opened> {
  const opened = createBoundedCache<Opened>(size)
  // Apart, so that a flood of wrong tokens does not push out the good ones.
  const refused = createBoundedCache<IpsError>(Math.min(size, maxRememberedRefusals))
  const underWay = new Map<string, Promise<Opened | undefined>>()

  const openAndRemember = async (digest: string, open: () => Promise<Opened | undefined>) => {
    try {
      const result = await open()
      if (result !== undefined) opened.set(digest, result)
      return result
    } catch (error) {
      if (error instanceof IpsError && error.code === 'token-invalid') refused.set(digest, error)
      throw error
    } finally {
      underWay.delete(digest)
    }
  }

  return {
    find(digest) {
      const refusal = refused.get(digest)
      if (refusal !== undefined) throw refusal
      return opened.get(digest)
    },
    open(digest, open) {
      const shared = underWay.get(digest) ?? openAndRemember(digest, open)
      underWay.set(digest, shared)
      return shared
    },
  }
}
