import type { Command } from 'commander'
import type { ListOptions, MessageOptions } from '../operations/delivery-commands.ts'
import { deliveryStates } from '../../workers/push/journal/delivery-rows.ts'
import type { Environment } from '../setup/read-setup.ts'

/** `racc deliveries …`: messages on their way to clients' endpoints. */
export function registerDeliveries(program: Command, environment: Environment): void {
  const deliveries = program
    .command('deliveries')
    .description('see and steer messages on their way to a client’s endpoint')
  deliveries
    .command('list')
    .argument('<name>', 'the client')
    .description('list its messages, the newest first')
    .option('--state <state>', deliveryStates.join(', '))
    .option('--correlation <id>', 'those of one transaction')
    .option('--limit <n>', 'how many at most', '50')
    .option('--json', 'for programs')
    .action(async (name: string, options: ListOptions) =>
      (await commands()).list(environment, name, options),
    )
  about(deliveries, 'show', 'say how a message stands, with its attempts').action(
    async (id: string, options: MessageOptions) =>
      (await commands()).show(environment, id, options),
  )
  about(
    deliveries,
    'retry',
    'send a message at once: one that waits with its endpoint’s queue, one that has ended once more',
  ).action(async (id: string, options: MessageOptions) =>
    (await commands()).retry(environment, id, options),
  )
  about(deliveries, 'drop', 'give a message up that is retrying or dead')
    .option('--reason <text>', 'why, for the record', 'dropped by an operator')
    .action(async (id: string, options: MessageOptions & { reason: string }) =>
      (await commands()).drop(environment, id, options),
    )
}

function about(deliveries: Command, name: string, description: string): Command {
  return deliveries
    .command(name)
    .argument('<id>', 'the message: its webhook-id')
    .description(description)
    .option('--endpoint <id>', 'its copy at this endpoint, where several have one')
    .option('--json', 'for programs')
}

/** Loaded when needed: no other command waits for it. */
function commands() {
  return import('../operations/delivery-commands.ts')
}
