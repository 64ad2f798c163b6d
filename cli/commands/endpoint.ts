import type { Command } from 'commander'
import type { EndpointAction } from '../operations/act-on-endpoint.ts'
import type { EndpointOptions } from '../operations/endpoint-commands.ts'
import type { Environment } from '../setup/read-setup.ts'

const descriptions: Readonly<Record<EndpointAction, string>> = {
  pause: 'stop sending until resume; what comes is kept',
  resume: 'send again after pause',
  retry: 'end the back-off, and try at once',
  enable: 'send again after the endpoint answered 410 or was disabled, also what was kept',
  disable: 'stop sending until enable; what comes is kept',
}

/** `racc endpoint …`: the endpoint of a client, and what operators do with it. */
export function registerEndpoint(program: Command, environment: Environment): void {
  const endpoint = program
    .command('endpoint')
    .description('see and steer the delivery to a client’s endpoint')
  command(endpoint, 'show', 'say how it stands, and what can be done').action(
    async (name: string, options: EndpointOptions) =>
      (await commands()).show(environment, name, options),
  )
  for (const [action, description] of Object.entries(descriptions)) {
    command(endpoint, action, description).action(async (name: string, options: EndpointOptions) =>
      (await commands()).act(environment, name, action as EndpointAction, options),
    )
  }
  command(
    endpoint,
    'replay',
    'send messages once more, with their ids; without options those that are dead',
  )
    .option(
      '--since <time>',
      'all since then, delivered or not: 2026-11-24T06:00:00Z, 15m, 24h, 7d',
    )
    .option('--id <id>', 'this one; repeatable', collect)
    .action(
      async (name: string, options: EndpointOptions & { since?: string; id?: readonly string[] }) =>
        (await commands()).replay(environment, name, options),
    )
}

function command(endpoint: Command, name: string, description: string): Command {
  return endpoint
    .command(name)
    .argument('<name>', 'the client')
    .description(description)
    .option('--endpoint <id>', 'one endpoint only, where the client has several')
    .option('--json', 'for programs')
}

/** Loaded when needed: no other command waits for it. */
function commands() {
  return import('../operations/endpoint-commands.ts')
}

function collect(value: string, former: string[] = []): string[] {
  return [...former, value]
}
