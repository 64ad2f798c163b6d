import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { clientIdRule, isClientId } from '../../lib/token/client-id.ts'

const schema = z.object({
  clientId: z.string(),
  clientSecret: z.string(),
  webhookSecret: z.string().optional(),
  webhookPublicKey: z.string().optional(),
})

/** What stays of a client that was erased. */
const tombstone = z.object({ clientId: z.string(), erased: z.literal(true) })

/** What a client needs to know of itself; kept so that `racc token` and `racc send` can act for it. */
export type StoredCredentials = z.output<typeof schema>

/** Writes a client's credentials to `clients/NAME.json` of the set-up, readable by its owner only; replaces what was there. */
export function writeCredentials(home: string, credentials: StoredCredentials): Promise<void> {
  return writeFileOf(home, credentials.clientId, credentials)
}

/**
 * Reads a client's credentials. Throws `IpsError('credentials-missing')`: it was not created by this set-up, or
 * `IpsError('client-erased')`.
 */
export async function readCredentials(home: string, name: string): Promise<StoredCredentials> {
  const file = credentialsFile(home, name)
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (!tombstone.safeParse(content).success) return schema.parse(content)
  } catch (cause) {
    throw new IpsError(
      'credentials-missing',
      `the credentials of ${name} are not in ${file}: create it with racc client create, or renew its secret with racc client rotate-secret`,
      { cause },
    )
  }
  throw new IpsError(
    'client-erased',
    `${name} was erased: it gets no token, and its name is not given again; create a client of another name`,
  )
}

/** Removes a client's credentials, and keeps in their place that it was erased. Idempotent. */
export function removeCredentials(home: string, name: string): Promise<void> {
  return writeFileOf(home, name, { clientId: name, erased: true })
}

async function writeFileOf(home: string, name: string, content: object): Promise<void> {
  const file = credentialsFile(home, name)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.new`
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(temporary, file)
}

function credentialsFile(home: string, name: string): string {
  if (isClientId(name)) return join(home, 'clients', `${name}.json`)
  throw new IpsError('client-name-invalid', `a name has ${clientIdRule}`)
}
