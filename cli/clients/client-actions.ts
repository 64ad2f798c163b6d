import { rotateSecret } from '../../gateway/authentication/identities.ts'
import {
  grantClaims,
  listClients,
  revokeClaims,
  type Rights,
} from '../../gateway/authorisation/grants.ts'
import { claimsOfNewClient } from '../../gateway/authorisation/default-claims.ts'
import { rotateWebhookKeys } from '../../gateway/authorisation/rotate-webhook-keys.ts'
import { pushClaim } from '../../lib/token/push-claim.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { formatTable, note, say } from '../terminal.ts'
import { createClient } from './create-client.ts'
import { readCredentials, writeCredentials } from './credentials-file.ts'
import { clientRows, withoutUrls } from './format-clients.ts'
import { parseClaims } from './parse-claims.ts'
import { parseDuration } from './parse-duration.ts'
import { setClientSuspended } from './set-client-suspended.ts'
import { webhookObstacle } from './webhook-obstacle.ts'
import { administer } from './with-administration.ts'

/** The options of `racc client create`, as they were given. */
export interface CreateOptions {
  readonly claim?: readonly string[]
  readonly webhook?: string
  readonly json?: boolean
}

/** Creates a client, keeps its credentials, and prints them. */
export async function create(
  environment: Environment,
  name: string,
  options: CreateOptions,
): Promise<void> {
  const { claim, webhook, json = false } = options
  const client = {
    name,
    ...(claim === undefined ? {} : { claims: parseClaims(claim) }),
    ...(webhook === undefined ? {} : { webhook }),
  }
  const created = await administer(environment, (administration) =>
    createClient(administration, client),
  )
  await writeCredentials(home(environment), created)
  warnOfObstacle(environment, claimsOfNewClient(client))
  say(json ? JSON.stringify(created) : formatTable(Object.entries(created)))
}

/** Gives claims, or other values for those that a client has. */
export async function grant(
  environment: Environment,
  name: string,
  options: { claim: readonly string[] },
): Promise<void> {
  const claims = parseClaims(options.claim)
  await administer(environment, ({ authorisation, box }) =>
    grantClaims(authorisation, box, { clientId: name, claims }),
  )
  warnOfObstacle(environment, claims)
  note(`the next token of ${name} has ${Object.keys(claims).join(', ')}`)
}

/** Takes claims away. */
export async function revoke(
  environment: Environment,
  name: string,
  claims: readonly string[],
): Promise<void> {
  await administer(environment, ({ authorisation }) =>
    revokeClaims(authorisation, { clientId: name, claims }),
  )
  note(`no new token of ${name} has ${claims.join(', ')}`)
}

/** Refuses a client new tokens of both kinds, or gives them again. After a crash in between the same call completes it. */
export async function suspend(
  environment: Environment,
  name: string,
  suspended: boolean,
): Promise<void> {
  await administer(environment, (administration) =>
    setClientSuspended(administration, { clientId: name, suspended }),
  )
  note(suspended ? `${name} gets no more tokens` : `${name} gets tokens again`)
}

/** Prints the clients and their claims. */
export async function list(
  environment: Environment,
  { json = false }: { json?: boolean },
): Promise<void> {
  const clients = await administer(environment, ({ authorisation }) => listClients(authorisation))
  say(json ? JSON.stringify(clients.map(withoutUrls)) : formatTable(clientRows(clients)))
}

/** Gives a client a new secret, keeps it, and prints it. */
export async function rotate(
  environment: Environment,
  name: string,
  options: { overlap: string; json?: boolean },
): Promise<void> {
  const overlapSeconds = parseDuration(options.overlap)
  const clientSecret = await administer(environment, ({ authentication }) =>
    rotateSecret(authentication, name, overlapSeconds),
  )
  const known = await readCredentials(home(environment), name).catch(() => ({}))
  const result = { clientId: name, clientSecret }
  await writeCredentials(home(environment), { ...known, ...result })
  say(options.json === true ? JSON.stringify(result) : formatTable(Object.entries(result)))
}

/** Gives a client new keys for its webhooks, keeps them where its other credentials are kept, and prints them. */
export async function rotateWebhookSecret(
  environment: Environment,
  name: string,
  options: { overlap: string; json?: boolean },
): Promise<void> {
  const overlapSeconds = parseDuration(options.overlap)
  const keys = await administer(environment, ({ authorisation, box }) =>
    rotateWebhookKeys(authorisation, box, { clientId: name, overlapSeconds }),
  )
  const known = await readCredentials(home(environment), name).catch(() => undefined)
  if (known !== undefined) await writeCredentials(home(environment), { ...known, ...keys })
  say(options.json === true ? JSON.stringify(keys) : formatTable(Object.entries(keys)))
  note(
    `tokens of ${name} carry the new ones from now on; for PUSH_SECRET_OVERLAP (24 h by default) webhooks are signed with the former ones too`,
  )
}

function warnOfObstacle(environment: Environment, claims: Rights): void {
  const setup = readSetup(environment)
  const shared = sharedEnvironment(setup)
  const obstacle = webhookObstacle(claims[pushClaim], shared)
  if (obstacle === undefined) return
  note(`warning: no webhook will ever be sent there with the present settings: ${obstacle}`)
  note('PUSH_ALLOW_ADDRESSES and PUSH_ALLOW_HTTP of the push process say what is allowed')
}

function home(environment: Environment): string {
  return readSetup(environment).home
}
