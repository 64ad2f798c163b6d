import type { Command } from 'commander'
import { readSetup } from '../setup/read-setup.ts'
import { say } from '../terminal.ts'

/** `racc install`: everything that any command would fetch, so that all later ones work without a network. */
export function registerInstall(program: Command): void {
  program
    .command('install')
    .description('install everything now, so that nothing has to be fetched later')
    .option(
      '--verify',
      'check every installed file against its checksum again, and replace what is wrong',
    )
    .action(async ({ verify }: { verify?: boolean }) => {
      const { cache, environment, ...setup } = readSetup(process.env)
      const { neededArtefacts } = await import('../install/needed-artefacts.ts')
      const { installAll, verifyAll } = await import('../install/install-all.ts')
      const names = await neededArtefacts(
        { ...setup, cache, environment },
        { models: true, samples: true, tests: true },
      )
      if (verify === true) await verifyAll(names, cache)
      await installAll(names, cache, environment)
      say(`everything is installed in ${cache}`)
    })
}
