import type { Client } from '@temporalio/client'
import type { OperatorJournal } from './operator-journal.ts'

/** What operators' actions need. */
export interface Operations {
  readonly client: Client
  readonly journal: OperatorJournal
  /** Of the push processes. */
  readonly taskQueue: string
  /** Whether there is a client of this name. */
  isClient(clientId: string): Promise<boolean>
  readonly now: () => number
}
