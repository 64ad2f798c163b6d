import type { Client } from '@temporalio/client'
import type { Rights } from '../../gateway/authorisation/grants.ts'
import type { OperatorJournal } from './operator-journal.ts'

/** What operators' actions need. */
export interface Operations {
  readonly client: Client
  readonly journal: OperatorJournal
  /** Of the push processes. */
  readonly taskQueue: string
  /** What a client is granted, without secrets; `undefined` where there is no client of this name. */
  findClaims(clientId: string): Promise<Rights | undefined>
  readonly now: () => number
}
