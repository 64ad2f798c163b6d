import type { Client } from '@temporalio/client'
import type { Rights } from '../../gateway/authorisation/grants.ts'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import { findTransaction, type FoundTransaction } from '../../workers/summary/find-transaction.ts'
import {
  listTransactions,
  type ListedTransaction,
  type TransactionSelection,
} from '../../workers/summary/list-transactions.ts'
import type { Environment } from '../setup/read-setup.ts'
import { withServers } from './with-servers.ts'

/** What operators' actions on transactions need. */
export interface TransactionOperations {
  readonly client: Client
  readonly journal: TransactionJournal
  /** Of the summary processes. */
  readonly taskQueue: string
  /** What a client is granted, without secrets; `undefined` where there is no client of this name. */
  findClaims(clientId: string): Promise<Rights | undefined>
  readonly now: () => number
}

/** The journal of transactions as operators see it. Every function throws `IpsError('journal-unavailable')`, retryable. */
export interface TransactionJournal {
  /** Those that something came of last first, `limit` at most. */
  list(selection: TransactionSelection): Promise<readonly ListedTransaction[]>
  find(key: TransactionKey): Promise<FoundTransaction | 'expired' | undefined>
}

/** Opens what operators of summaries work on, runs `work` and closes it. Throws as `withServers` does. */
export function withTransactions<T>(
  environment: Environment,
  work: (operations: TransactionOperations) => Promise<T>,
): Promise<T> {
  return withServers(environment, 'summary', ({ pool, clientKeys, ...servers }) =>
    work({
      ...servers,
      journal: {
        list: (selection) => listTransactions(pool, selection),
        find: (key) => findTransaction(pool, clientKeys, key),
      },
      now: Date.now,
    }),
  )
}
