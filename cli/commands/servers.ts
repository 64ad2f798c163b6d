import type { Command } from 'commander'
import { z } from 'zod'
import { readSetup, type Environment, type Setup } from '../setup/read-setup.ts'
import type { PlanOptions } from '../supervisor/create-plan.ts'
import { say } from '../terminal.ts'
import { down } from './down.ts'
import { upDetached, upInForeground } from './up.ts'

const plan: PlanOptions = { serversOnly: true, synthetic: false, extraRoles: [] }

const upSchema = z.object({
  foreground: z.boolean().default(false),
  untilStdinEnds: z.boolean().default(false),
})

/** `racc servers`: Kafka, PostgreSQL and Temporal without the system, for those who develop or test it. */
export function registerServers(program: Command, environment: Environment): void {
  const servers = program
    .command('servers')
    .description('Kafka, PostgreSQL and Temporal alone, for development')
  servers
    .command('up')
    .description('start them, detached, and print how to reach them')
    .option('--foreground', 'stay until Ctrl-C')
    .option('--until-stdin-ends', 'stop when standard input ends')
    .action(async (given: unknown) => {
      const options = upSchema.parse(given)
      const setup = readSetup(environment)
      if (options.foreground) {
        await upInForeground(setup, plan, options.untilStdinEnds)
      } else {
        await upDetached(setup, plan)
        await printEnvironment(setup)
      }
    })
  servers
    .command('down')
    .description('stop them; state stays')
    .action(() => down(readSetup(environment).home))
  servers
    .command('env')
    .description('print how to reach them, for `eval "$(./racc servers env)"`')
    .action(() => printEnvironment(readSetup(environment)))
}

async function printEnvironment(setup: Setup): Promise<void> {
  const { testEnvironment } = await import('../setup/test-environment.ts')
  for (const [name, value] of Object.entries(testEnvironment(setup))) {
    say(`export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`)
  }
}
