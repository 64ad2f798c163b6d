import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import type { Environment } from '../setup/read-setup.ts'
import { withServers } from './with-servers.ts'
import { createOperatorJournal } from './operator-journal.ts'
import type { Operations } from './operations.ts'

/** Opens what operators of push work on, runs `work` and closes it. Throws as `withServers` does. */
export function withOperations<T>(
  environment: Environment,
  work: (operations: Operations) => Promise<T>,
): Promise<T> {
  return withServers(
    environment,
    'push',
    ({ pool, clientKeys, ...servers }) =>
      work({ ...servers, journal: createOperatorJournal(pool, clientKeys), now: Date.now }),
    journalPoolSettings,
  )
}
