import type { Environment } from '../setup/read-setup.ts'
import { note, say } from '../terminal.ts'
import {
  completeTransaction,
  extendTransaction,
  retryTransaction,
  type TransactionActionReport,
} from './act-on-transaction.ts'
import { describeTransaction, transactionTable } from './describe-transaction.ts'
import { listTransactions } from './list-transactions.ts'
import { showTransaction, type ShownTransaction } from './show-transaction.ts'
import { withTransactions, type TransactionOperations } from './transaction-operations.ts'

/** The options that every command about transactions has, as they were given. */
export interface TransactionOptions {
  readonly json?: boolean
}

/** The options of `racc transactions list`, as they were given. */
export interface TransactionListOptions extends TransactionOptions {
  readonly state?: string
  readonly limit: string
}

/** Prints transactions of a client. */
export async function list(
  environment: Environment,
  name: string,
  { state, limit, json = false }: TransactionListOptions,
): Promise<void> {
  const transactions = await withTransactions(environment, (operations) =>
    listTransactions(operations, {
      ...{ clientId: name, limit },
      ...(state === undefined ? {} : { state }),
    }),
  )
  if (json) say(JSON.stringify(transactions))
  else if (transactions.length === 0) note('there are no such transactions')
  else say(transactionTable(transactions))
}

/** Prints how a transaction stands, with who and what is in it. */
export async function show(
  environment: Environment,
  name: string,
  id: string,
  options: TransactionOptions,
): Promise<void> {
  const transaction = await withTransactions(environment, (operations) =>
    showTransaction(operations, { clientId: name, correlationId: id }),
  )
  print(transaction, options)
}

/** What operators can do with a transaction. */
const actions = {
  complete: (operations: TransactionOperations, key: TransactionNames) =>
    completeTransaction(operations, key),
  extend: (operations: TransactionOperations, key: TransactionNames, by = '') =>
    extendTransaction(operations, key, by),
  retry: (operations: TransactionOperations, key: TransactionNames) =>
    retryTransaction(operations, key),
} as const

interface TransactionNames {
  readonly clientId: string
  readonly correlationId: string
}

/** Does something with a transaction, and prints how it stands then. */
export async function act(
  environment: Environment,
  action: keyof typeof actions,
  { name, id }: { readonly name: string; readonly id: string },
  options: TransactionOptions & { readonly by?: string },
): Promise<void> {
  const report: TransactionActionReport = await withTransactions(environment, (operations) =>
    actions[action](operations, { clientId: name, correlationId: id }, options.by),
  )
  if (!report.taken)
    note('it was asked for, and is not done yet: it is as soon as summary gets to it')
  print(report, options)
}

function print(transaction: ShownTransaction, { json = false }: TransactionOptions): void {
  if (json) say(JSON.stringify(transaction))
  else for (const line of describeTransaction(transaction, Date.now())) say(line)
}
