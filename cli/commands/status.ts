import type { Command } from 'commander'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { formatTable, say } from '../terminal.ts'

/** `racc status`: what runs, since when, and what died why. */
export function registerStatus(program: Command, environment: Environment): void {
  program
    .command('status')
    .description('show every process: state, ports, restarts, and why it died last')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const { readStatus } = await import('../supervisor/read-status.ts')
      const { home } = readSetup(environment)
      const status = readStatus(home)
      if (json === true) {
        say(JSON.stringify(status, undefined, 2))
        return
      }
      if (status.servers.length + status.roles.length === 0) {
        say(`nothing runs from ${home}`)
        return
      }
      const { formatStatus } = await import('../supervisor/read-status.ts')
      say(formatTable(formatStatus(status)))
    })
}
