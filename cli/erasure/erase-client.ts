import type { SealingService } from '../../lib/client-keys/create-client-keys.ts'
import { whatRemains, type Remainder } from './what-remains.ts'

/** The steps of an erasure. Each is idempotent, and completes what a crash has interrupted. */
export interface ErasureSteps {
  /** Takes all rights and secrets away; resolves with when that was done first. Throws `IpsError('client-unknown')`. */
  stopRights(clientId: string): Promise<Date>
  /**
   * Throws `IpsError('client-key-missing')` where the service's journal holds what only a key can open that is not here: its
   * folder of keys is elsewhere.
   */
  checkKeys(service: SealingService, clientId: string): Promise<void>
  /** True where there was a key. */
  eraseKey(service: SealingService, clientId: string): Promise<boolean>
  /** Resolves when every process has noticed that keys were erased. */
  untilNoticed(): Promise<void>
  /** Resolves with how many there were. */
  eraseRows(service: SealingService, clientId: string): Promise<number>
  /** Ends and removes them; resolves with how many there were. */
  eraseWorkflows(clientId: string): Promise<number>
}

/** What was done, and what is left. */
export interface ErasureReport {
  readonly clientId: string
  /** When its rights ended: of the first erasure, where it was erased before. */
  readonly erasedAt: Date
  readonly services: readonly {
    readonly service: SealingService
    /** False where it had none, or not any more. */
    readonly hadKey: boolean
    readonly rowsRemoved: number
  }[]
  readonly workflowsRemoved: number
  readonly remains: readonly Remainder[]
}

/** A summary is made of what the others send: its key goes first, so that no new one comes after. */
const services: readonly SealingService[] = ['summary', 'push', 'firehose']

/**
 * Erases a client: it gets no rights any more, then its keys are erased, by which everything that is sealed with them is erased,
 * in backups too; what follows is tidiness. Changes nothing for others. May be repeated, and must be after a failure. Calls
 * `onErased` when the keys are gone: what is left takes some ten seconds. Throws what its steps throw.
 */
export async function eraseClient(
  steps: ErasureSteps,
  clientId: string,
  now: () => Date,
  onErased: () => void = () => undefined,
): Promise<ErasureReport> {
  for (const service of services) await steps.checkKeys(service, clientId)
  const erasedAt = await steps.stopRights(clientId)
  const hadKeys = new Map<SealingService, boolean>()
  for (const service of services) hadKeys.set(service, await steps.eraseKey(service, clientId))
  onErased()
  // A process that has looked at a key just now may still append rows, and start workflows for them.
  await steps.untilNoticed()
  const done = []
  for (const service of services) {
    const rowsRemoved = await steps.eraseRows(service, clientId)
    done.push({ service, hadKey: hadKeys.get(service) === true, rowsRemoved })
  }
  const workflowsRemoved = await steps.eraseWorkflows(clientId)
  return { clientId, erasedAt, services: done, workflowsRemoved, remains: whatRemains(now()) }
}
