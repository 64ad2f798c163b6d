import type { Command } from 'commander'
import type {
  TransactionListOptions,
  TransactionOptions,
} from '../operations/transaction-commands.ts'
import type { Environment } from '../setup/read-setup.ts'

/** `racc transactions …`: what belongs together, and what its summary waits for. */
export function registerTransactions(program: Command, environment: Environment): void {
  const transactions = program
    .command('transactions')
    .description('see and steer the summaries of a client’s transactions')
  transactions
    .command('list')
    .argument('<name>', 'the client')
    .description('list its transactions, those that something came of last first')
    .option('--state <state>', 'open, complete, partial, failed')
    .option('--limit <n>', 'how many at most', '50')
    .option('--json', 'for programs')
    .action(async (name: string, options: TransactionListOptions) =>
      (await commands()).list(environment, name, options),
    )
  about(transactions, 'show', 'say how a transaction stands, who is in it, what is missing').action(
    async (name: string, id: string, options: TransactionOptions) =>
      (await commands()).show(environment, name, id, options),
  )
  about(
    transactions,
    'complete',
    'publish a summary now, partial where something is missing',
  ).action(async (name: string, id: string, options: TransactionOptions) =>
    (await commands()).act(environment, 'complete', { name, id }, options),
  )
  about(transactions, 'extend', 'wait for longer; at most 90 days from now')
    .requiredOption('--by <duration>', 'by how much its end moves: 90s, 15m, 2h, 7d')
    .action(async (name: string, id: string, options: TransactionOptions & { by: string }) =>
      (await commands()).act(environment, 'extend', { name, id }, options),
    )
  about(transactions, 'retry', 'try now to publish a summary that could not be published').action(
    async (name: string, id: string, options: TransactionOptions) =>
      (await commands()).act(environment, 'retry', { name, id }, options),
  )
}

function about(transactions: Command, name: string, description: string): Command {
  return transactions
    .command(name)
    .argument('<name>', 'the client')
    .argument('<id>', 'the transaction: its correlationId')
    .description(description)
    .option('--json', 'for programs')
}

/** Loaded when needed: no other command waits for it. */
function commands() {
  return import('../operations/transaction-commands.ts')
}
