import type { Command } from 'commander'
import { readAddresses } from '../setup/addresses.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { formatTable, say } from '../terminal.ts'

/** `racc keys`: the keys of tokens, public halves only. */
export function registerKeys(program: Command, environment: Environment): void {
  const keys = program.command('keys').description('show the keys of tokens')
  keys
    .command('list')
    .description('show every key: what it is for, its state and, with --json, its public half')
    .option('--json', 'for programs')
    .action(async ({ json = false }: { json?: boolean }) => {
      const list = await readList(environment)
      const rows = list.map((key) => [key.kid, key.use, key.issuer, key.state, key.createdAt])
      const table = [['kid', 'use', 'issuer', 'state', 'created'], ...rows]
      say(json ? JSON.stringify(list) : formatTable(table))
    })
}

async function readList(environment: Environment) {
  const { tokenSettings } = await import('../../lib/config/common-settings.ts')
  const { readConfig } = await import('../../lib/config/settings.ts')
  const { listKeys } = await import('../../lib/token/list-keys.ts')
  const setup = readSetup(environment)
  const config = readConfig(tokenSettings, sharedEnvironment(setup, readAddresses(setup)))
  return listKeys(config.ipsKeysDirectory, config.tokenIssuer)
}
