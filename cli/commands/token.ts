import type { Command } from 'commander'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { say } from '../terminal.ts'

/** `racc token`: what a client gets by the two requests that give a token. */
export function registerToken(program: Command, environment: Environment): void {
  program
    .command('token')
    .argument('<name>')
    .description(
      'print an authorisation token of a client, by the credentials that racc client create kept in IPS_HOME/clients/NAME.json',
    )
    .option('--scope <claims>', 'only these claims, separated by spaces')
    .action(async (name: string, { scope }: { scope?: string }) => {
      const { readCredentials } = await import('../clients/credentials-file.ts')
      const { fetchToken } = await import('../../lib/token/fetch-token.ts')
      const { home, ports } = readSetup(environment)
      const { clientId, clientSecret } = await readCredentials(home, name)
      const { token } = await fetchToken({
        baseUrl: `http://127.0.0.1:${ports.gateway}`,
        clientId,
        clientSecret,
        ...(scope === undefined ? {} : { scope }),
      })
      say(token)
    })
}
