import type { NewClient } from '../../cli/clients/create-client.ts'
import type { CpuByProcess } from '../measure-cpu.ts'
import type { Gateway } from './with-gateway.ts'
import { measureRate, type Rate } from './measure-rate.ts'

/** Tokens by the two endpoints of a gateway process. */
export interface Issuing {
  /** For secrets that the process has not seen: a memory-hard hash each. */
  readonly firstAuthentication: Rate & { readonly cpuMs: CpuByProcess }
  /** For a secret that the process has found right before. */
  readonly authentication: Rate & { readonly cpuMs: CpuByProcess }
  readonly authorisation: Rate & { readonly cpuMs: CpuByProcess }
}

const firstAuthentications = { calls: 20, rounds: 3, concurrency: 4 }
const authentications = { calls: 1_000, rounds: 3, concurrency: 16 }
const authorisations = { calls: 2_000, rounds: 3, concurrency: 16 }

/** Asks for tokens, several at once: of new clients, then of one that is known. */
export async function measureIssuing(gateway: Gateway): Promise<Issuing> {
  const client = await gateway.createClient('issuing')
  const subject = await authenticate(gateway, client)
  const measure = async (
    options: typeof authentications,
    ask: (call: number) => Promise<string>,
  ) => {
    const pieces = options.calls * (options.rounds + 1)
    const [rate, cpuMs] = await gateway.measureCpu(pieces, () => measureRate(options, ask))
    return { ...rate, cpuMs }
  }
  const { calls, rounds } = firstAuthentications
  const clients: NewClient[] = []
  while (clients.length < calls * (rounds + 1))
    clients.push(await gateway.createClient(`new-${clients.length}`))
  return {
    firstAuthentication: await measure(firstAuthentications, (call) =>
      authenticate(gateway, clients[call] ?? client),
    ),
    authentication: await measure(authentications, () => authenticate(gateway, client)),
    authorisation: await measure(authorisations, () => exchange(gateway, subject)),
  }
}

/** An authentication token for a client's secret. */
export function authenticate({ url }: Gateway, client: NewClient): Promise<string> {
  return ask(`${url}/authentication/v1/token`, {
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.clientSecret,
  })
}

/** An authorisation token for an authentication token. */
export function exchange({ url }: Gateway, subject: string): Promise<string> {
  return ask(`${url}/authorisation/v1/token`, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subject,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  })
}

async function ask(url: string, form: Record<string, string>): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`)
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}
