import type { Command } from 'commander'
import type { DeadLetterOptions } from '../dead-letters/dead-letter-commands.ts'
import type { Environment } from '../setup/read-setup.ts'

/** `racc dead-letters …`: records of clients that could not be handled. */
export function registerDeadLetters(program: Command, environment: Environment): void {
  const letters = program
    .command('dead-letters')
    .description('see the records of a client that were put aside, and have them handled once more')
  about(letters, 'list', 'count them, by who put them aside and why').action(
    async (name: string, options: DeadLetterOptions) =>
      (await commands()).list(environment, name, options),
  )
  about(
    letters,
    'replay',
    'write them once more to the topics where they were read, when what was against them is repaired; all who read there get them again, and know by its id what they had in the last four days',
  ).action(async (name: string, options: DeadLetterOptions) =>
    (await commands()).replay(environment, name, options),
  )
}

function about(letters: Command, name: string, description: string): Command {
  return letters
    .command(name)
    .argument('<name>', 'the client')
    .description(description)
    .option('--reason <code>', 'those with this reason, for example client-key-damaged')
    .option('--since <time>', 'those put aside since then: RFC 3339, or how long ago, as in 24h')
    .option('--json', 'for programs')
}

/** Loaded when needed: no other command waits for it. */
function commands() {
  return import('../dead-letters/dead-letter-commands.ts')
}
