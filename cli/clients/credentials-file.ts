import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
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

/** What a client needs to know of itself; kept so that `racc token` and `racc send` can act for it. */
export type StoredCredentials = z.output<typeof schema>

/** Writes a client's credentials to `clients/NAME.json` of the set-up, readable by its owner only; replaces what was there. */
export async function writeCredentials(
  home: string,
  credentials: StoredCredentials,
): Promise<void> {
  const file = credentialsFile(home, credentials.clientId)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.new`
  await writeFile(temporary, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  await rename(temporary, file)
}

/** Reads a client's credentials. Throws `IpsError('credentials-missing')`: it was not created by this set-up. */
export async function readCredentials(home: string, name: string): Promise<StoredCredentials> {
  const file = credentialsFile(home, name)
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    throw new IpsError(
      'credentials-missing',
      `the credentials of ${name} are not in ${file}: create it with racc client create, or renew its secret with racc client rotate-secret`,
      { cause },
    )
  }
}

/** Removes a client's credentials, where they are kept here. Idempotent. */
export function removeCredentials(home: string, name: string): Promise<void> {
  return rm(credentialsFile(home, name), { force: true })
}

function credentialsFile(home: string, name: string): string {
  if (isClientId(name)) return join(home, 'clients', `${name}.json`)
  throw new IpsError('client-name-invalid', `a name has ${clientIdRule}`)
}
