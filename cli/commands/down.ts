import type { Command } from 'commander'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { say } from '../terminal.ts'

/** `racc down`: no process of this copy is left afterwards. */
export function registerDown(program: Command, environment: Environment): void {
  program
    .command('down')
    .description('stop everything that this copy ever started; state stays')
    .option('--docker', 'stop what Docker Compose runs')
    .action(async ({ docker }: { docker?: boolean }) => {
      const setup = readSetup(environment)
      if (docker === true) {
        const { composeDown } = await import('../docker/compose.ts')
        await composeDown(setup)
      } else {
        await down(setup.home)
      }
    })
}

/** Stops everything of a home, and says so. */
export async function down(home: string): Promise<void> {
  const { stopEverything } = await import('../supervisor/stop-everything.ts')
  const count = await stopEverything(home)
  say(
    count === 0
      ? `nothing ran from ${home}`
      : `stopped, ${count} processes; state stays in ${home}`,
  )
}
