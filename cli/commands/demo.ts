import type { Command } from 'commander'
import { readSetup, type Environment, type Setup } from '../setup/read-setup.ts'
import { note, say } from '../terminal.ts'
import { down } from './down.ts'

/** `racc demo`: the whole system at work, on real input. */
export function registerDemo(program: Command, environment: Environment): void {
  program
    .command('demo')
    .description('start everything, post photos and a document, and show what comes back')
    .option('--once', 'stop everything afterwards')
    .action(async ({ once = false }: { once?: boolean }) => {
      const setup = readSetup(environment)
      const { upDetached } = await import('./up.ts')
      await install(setup)
      await upDetached(setup, { serversOnly: false, synthetic: false, extraRoles: [] })
      const { runDemo } = await import('../demo/run-demo.ts')
      try {
        await runDemo(setup, say)
      } finally {
        if (once) await down(setup.home)
      }
      if (!once)
        note('the system is still running: `./racc status` shows it, `./racc down` stops it')
    })
}

async function install(setup: Setup): Promise<void> {
  const { neededArtefacts } = await import('../install/needed-artefacts.ts')
  const { installAll } = await import('../install/install-all.ts')
  const names = await neededArtefacts(setup, { models: true, samples: true, tests: false })
  await installAll(names, setup.cache, setup.environment)
}
