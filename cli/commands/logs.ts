import type { Command } from 'commander'
import { readSetup, type Environment } from '../setup/read-setup.ts'

interface Options {
  readonly follow?: boolean
  readonly lines: string
  readonly json?: boolean
}

/** `racc logs`: what processes wrote. */
export function registerLogs(program: Command, environment: Environment): void {
  program
    .command('logs')
    .description('show the end of the logs, of one process or of all')
    .argument('[name]', 'a role, a server, or supervisor')
    .option('-f, --follow', 'go on showing what is written')
    .option('-n, --lines <number>', 'how many lines of each', '50')
    .option('--json', 'events as they were written, for programs')
    .action(async (name: string | undefined, options: Options) => {
      const { showLogs } = await import('../supervisor/show-logs.ts')
      await showLogs(readSetup(environment).home, {
        ...(name !== undefined && { name }),
        follow: options.follow === true,
        lines: Math.max(0, Number(options.lines) || 0),
        json: options.json === true,
      })
    })
}
