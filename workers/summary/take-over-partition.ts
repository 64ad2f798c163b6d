import type { Journal } from './journal.ts'
import type { Place } from './place.ts'
import { tellTransactions, type TellingDependencies } from './tell-transactions.ts'

/** What taking over needs. */
export interface TakeOverDependencies extends TellingDependencies {
  readonly journal: Pick<Journal, 'loadPlace' | 'readProgress' | 'settle'>
}

/**
 * Where to go on with a partition: behind what is journalled of it, after everybody was told whom a process did not tell that
 * ended in between. `undefined` where nothing of it was ever journalled. Rejects with a retryable error where a server is away.
 */
export async function takeOverPartition(
  topic: string,
  partition: number,
  dependencies: TakeOverDependencies,
): Promise<Place | undefined> {
  const place = await dependencies.journal.loadPlace(topic, partition)
  if (place === undefined || place.untold.length === 0) return place
  await tellTransactions(place.untold, place.untold, dependencies)
  await dependencies.journal.settle(place)
  return place
}
