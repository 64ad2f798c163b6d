import type { Command } from 'commander'
import type { Environment } from '../setup/read-setup.ts'

/** `racc test`: every check and every test, on real servers of its own. */
export function registerTest(program: Command, environment: Environment): void {
  program
    .command('test')
    .description('run every check and every test on real servers, started and stopped for it')
    .argument('[jest...]', 'arguments of Jest, after --')
    .option('--no-check', 'leave the static checks out')
    .action(async (jestArgs: string[], { check }: { check: boolean }) => {
      const { runTests } = await import('../testing/run-tests.ts')
      process.exitCode = await runTests({ jestArgs, check, environment })
    })
}
