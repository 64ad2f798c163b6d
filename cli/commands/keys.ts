import { Option, type Command } from 'commander'
import { keyPurposeNames, type KeyPurpose } from '../../lib/token/key-purposes.ts'
import { say } from '../terminal.ts'
import type { Environment } from '../setup/read-setup.ts'

/** `racc keys`: the keys of tokens, public halves only. */
export function registerKeys(program: Command, environment: Environment): void {
  const keys = program.command('keys').description('show, rotate and retire the keys of tokens')
  keys
    .command('list')
    .description('show every key: what it is for, its state and, with --json, its public half')
    .option('--json', 'for programs')
    .action(async ({ json = false }: { json?: boolean }) =>
      (await actions()).list(environment, { json }),
    )
  keys
    .command('rotate')
    .description(
      'make new keys, which are published now and take over after --lead; the former ones are accepted for as long as anything holds a token of theirs',
    )
    .addOption(
      new Option('--purpose <purpose...>', 'of these only')
        .choices(keyPurposeNames)
        .default(keyPurposeNames, 'all'),
    )
    .option('--lead <duration>', 'how long others have to learn of them: 5s at least', '10m')
    .option('--json', 'for programs')
    .action(async (options: { purpose: KeyPurpose[]; lead: string; json?: boolean }) =>
      (await actions()).rotate(environment, options),
    )
  keys
    .command('retire')
    .argument('<kid>')
    .description(
      'accept a key no more, within ten seconds, and delete its private half: tokens of it are refused, also in messages that wait',
    )
    .action(async (kid: string) => {
      await (await actions()).retire(environment, kid)
      say(`${kid} is retired`)
    })
}

const actions = () => import('../keys/key-actions.ts')
