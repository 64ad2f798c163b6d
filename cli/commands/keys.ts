import type { Command } from 'commander'
import { readAddresses } from '../setup/addresses.ts'
import { readSetup } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { formatTable, say } from '../terminal.ts'

/** `racc keys`: the keys of tokens, public halves only. */
export function registerKeys(program: Command): void {
  const keys = program.command('keys').description('show the keys of tokens')
  keys
    .command('list')
    .description('show every key: what it is for, its state and, with --json, its public half')
    .option('--json', 'for programs')
    .action(async ({ json = false }: { json?: boolean }) => {
      const list = await readList()
      const rows = list.map((key) => [key.kid, key.use, key.issuer, key.state, key.createdAt])
      const table = [['kid', 'use', 'issuer', 'state', 'created'], ...rows]
      say(json ? JSON.stringify(list) : formatTable(table))
    })
}

async function readList() {
  const { tokenSettings } = await import('../../lib/config/common-settings.ts')
  const { readConfig } = await import('../../lib/config/settings.ts')
  const { listKeys } = await import('../../lib/token/list-keys.ts')
  const setup = readSetup(process.env)
  const config = readConfig(tokenSettings, sharedEnvironment(setup, readAddresses(setup)))
  return listKeys(config.ipsKeysDirectory, config.tokenIssuer)
}
