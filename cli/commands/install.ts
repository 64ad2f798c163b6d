import { Argument, type Command } from 'commander'
import { readSetup, type Environment, type Setup } from '../setup/read-setup.ts'
import { say } from '../terminal.ts'

/** `racc install [models]`: what other commands would fetch, so that they work without a network. */
export function registerInstall(program: Command, environment: Environment): void {
  program
    .command('install')
    .description('install everything now, so that nothing has to be fetched later')
    .addArgument(
      new Argument('[what]', 'only the models; for images, which have no servers').choices([
        'models',
      ]),
    )
    .option(
      '--verify',
      'check every installed file against its checksum again, and replace what is wrong',
    )
    .action(async (what: 'models' | undefined, { verify }: { verify?: boolean }) => {
      const setup = readSetup(environment)
      const { installAll, verifyAll } = await import('../install/install-all.ts')
      const names = await artefactsOf(what, setup)
      if (verify === true) await verifyAll(names, setup.cache)
      await installAll(names, setup.cache, setup.environment)
      say(`${what === 'models' ? 'the models are' : 'everything is'} installed in ${setup.cache}`)
    })
}

async function artefactsOf(what: 'models' | undefined, setup: Setup): Promise<readonly string[]> {
  const { modelArtefacts, neededArtefacts } = await import('../install/needed-artefacts.ts')
  if (what === 'models') return modelArtefacts
  return neededArtefacts(setup, { models: true, samples: true, tests: true })
}
