import type { Command } from 'commander'
import type { Environment } from '../setup/read-setup.ts'

/** `racc bench NAME`: measures a part of the system. */
export function registerBench(program: Command, environment: Environment): void {
  program
    .command('bench')
    .description('measure a part of the system on real servers, started and stopped for it')
    .argument('<name>', 'a file of bench/, without .ts')
    .argument('[args...]', 'its own arguments, after --, for example --json')
    .option('--json', 'print one JSON object as the last line')
    .action(async (name: string, args: string[], { json }: { json?: boolean }) => {
      const { runBench } = await import('../testing/run-bench.ts')
      process.exitCode = await runBench(name, json ? [...args, '--json'] : args, environment)
    })
}
