import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import { clientKeyDamaged } from '../../lib/client-keys/key-file.ts'
import { clientKeyMissing } from '../../lib/client-keys/seal-content.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { holdsSealed } from '../../workers/push/journal/erase-client-rows.ts'

/** What is wrong with the key of one client. */
export interface KeyTrouble {
  readonly code: string
  /** A sentence that names the file. */
  readonly message: string
}

/**
 * What is wrong with the key of a client, while others have usable ones; `undefined` where nothing is, or where nobody can know
 * here: the keys may be elsewhere. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function findKeyTrouble(
  pool: Pool,
  keys: Pick<ClientKeys, 'existingKey'>,
  clientId: string,
): Promise<KeyTrouble | undefined> {
  try {
    await keys.existingKey(clientId)
    return undefined
  } catch (error) {
    if (!(error instanceof IpsError)) throw error
    const { code, message, retryable } = error
    if (retryable) return undefined
    if (code === clientKeyDamaged) return { code, message }
    // One that never had anything has no key yet.
    const isLost = code === clientKeyMissing && (await holdsSealed(pool, clientId))
    return isLost ? { code, message } : undefined
  }
}
