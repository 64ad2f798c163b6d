import type { Command } from 'commander'
import type { CreateOptions } from '../clients/client-actions.ts'
import type { EraseOptions } from '../erasure/erase-command.ts'
import type { Environment } from '../setup/read-setup.ts'

const keptCredentials =
  'the credentials are printed once, and kept in IPS_HOME/clients/NAME.json (mode 0600) for racc token and racc send'

/** `racc client …`: who may use the system, and for what. */
export function registerClient(program: Command, environment: Environment): void {
  const client = program.command('client').description('create and administer clients')
  registerCreate(client, environment)
  registerRotations(client, environment)
  registerRights(client, environment)
  registerStates(client, environment)
  registerDeviceKeys(client, environment)
  registerErase(client, environment)
}

function registerCreate(client: Command, environment: Environment): void {
  client
    .command('create')
    .argument('<name>', 'also its id')
    .description(`create a client; ${keptCredentials}`)
    .option('--webhook <url>', 'where its webhooks go: adds a push-1 claim')
    .option('--claim <claim=json>', 'a claim instead of the default ones; repeatable', collect)
    .option('--json', 'for programs')
    .action(async (name: string, options: CreateOptions) =>
      (await actions()).create(environment, name, options),
    )
}

function registerRotations(client: Command, environment: Environment): void {
  client
    .command('rotate-secret')
    .argument('<name>')
    .description(`give a client a new secret; ${keptCredentials}`)
    .option('--overlap <duration>', 'how long the former one still counts: 90s, 15m, 24h, 7d', '0s')
    .option('--json', 'for programs')
    .action(async (name: string, options: { overlap: string; json?: boolean }) =>
      (await actions()).rotate(environment, name, options),
    )
  client
    .command('rotate-webhook-secret')
    .argument('<name>')
    .description(
      'give a client a new secret and new keys for its webhooks, printed once; push goes on signing with the former ones too for PUSH_SECRET_OVERLAP',
    )
    .option('--overlap <duration>', 'how long the former public key is served: 15m, 24h, 7d', '24h')
    .option('--json', 'for programs')
    .action(async (name: string, options: { overlap: string; json?: boolean }) =>
      (await actions()).rotateWebhookSecret(environment, name, options),
    )
}

function registerRights(client: Command, environment: Environment): void {
  client
    .command('grant')
    .argument('<name>')
    .description('give a client claims, or other values for those that it has')
    .requiredOption('--claim <claim=json>', 'a claim; repeatable', collect)
    .action(async (name: string, options: { claim: string[] }) =>
      (await actions()).grant(environment, name, options),
    )
  client
    .command('revoke')
    .argument('<name>')
    .argument('<claim...>')
    .description('take claims away; tokens that are out there live until they expire')
    .action(async (name: string, claims: string[]) =>
      (await actions()).revoke(environment, name, claims),
    )
}

function registerStates(client: Command, environment: Environment): void {
  client
    .command('suspend')
    .argument('<name>')
    .description('refuse a client new tokens; those that are out there live until they expire')
    .action(async (name: string) => (await actions()).suspend(environment, name, true))
  client
    .command('resume')
    .argument('<name>')
    .description('give a suspended client tokens again')
    .action(async (name: string) => (await actions()).suspend(environment, name, false))
  client
    .command('list')
    .description('show the clients and their claims, without secrets and URLs')
    .option('--json', 'for programs')
    .action(async (options: { json?: boolean }) => (await actions()).list(environment, options))
  registerViews(client, environment)
}

function registerViews(client: Command, environment: Environment): void {
  client
    .command('show')
    .argument('<name>')
    .description(
      'show a client’s state and claims, and the ids of its secrets and keys with their ends',
    )
    .option('--json', 'for programs')
    .action(async (name: string, options: { json?: boolean }) =>
      (await identityActions()).show(environment, name, options),
    )
  client
    .command('audit')
    .argument('[name]', 'without it: what was decided about names that no client has')
    .description(
      'show what was decided about a client’s requests for authentication tokens, by the hour, and what operators did to it',
    )
    .option('--limit <n>', 'rows at most', '100')
    .option('--json', 'for programs')
    .action(async (name: string | undefined, options: { limit: string; json?: boolean }) =>
      (await identityActions()).audit(environment, name, options),
    )
}

const identityActions = () => import('../clients/identity-actions.ts')

function registerDeviceKeys(client: Command, environment: Environment): void {
  client
    .command('add-key')
    .argument('<name>')
    .argument('<file>', 'a public Ed25519 or P-256 key: a JWK, or PEM')
    .description(
      'let a device show who it is by what its own key signs (RFC 7523), instead of a secret; prints the key’s id',
    )
    .action(async (name: string, file: string) =>
      (await deviceKeyActions()).addKey(environment, name, file),
    )
  client
    .command('remove-key')
    .argument('<name>')
    .argument('<kid>')
    .description('take such a key away')
    .action(async (name: string, kid: string) =>
      (await deviceKeyActions()).removeKey(environment, name, kid),
    )
}

const deviceKeyActions = () => import('../clients/device-key-actions.ts')

function registerErase(client: Command, environment: Environment): void {
  client
    .command('erase')
    .argument('<name>')
    .description(
      'make everything of a client unreadable, for ever: its rights end, its keys are erased, and what they sealed is removed',
    )
    .option('--yes', 'without asking')
    .option('--json', 'for programs')
    .action(async (name: string, options: EraseOptions) => {
      const { erase } = await import('../erasure/erase-command.ts')
      await erase(environment, name, options)
    })
}

/** Loaded when needed: no other command waits for it. */
function actions() {
  return import('../clients/client-actions.ts')
}

function collect(value: string, former: string[] = []): string[] {
  return [...former, value]
}
