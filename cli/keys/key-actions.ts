import { tokenSettings } from '../../lib/config/common-settings.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { KeyPurpose } from '../../lib/token/key-purposes.ts'
import { listKeys } from '../../lib/token/list-keys.ts'
import { retireKey } from '../../lib/token/retire-key.ts'
import { rotateKey } from '../../lib/token/rotate-key.ts'
import { parseDuration } from '../clients/parse-duration.ts'
import { readSetup, type Environment } from '../setup/read-setup.ts'
import { sharedEnvironment } from '../setup/role-environment.ts'
import { formatTable, say } from '../terminal.ts'

/** Processes read their keys again for a key that they do not know, but not within two seconds of the last time. */
const minLeadSeconds = 5

/** Prints every key. */
export async function list(environment: Environment, { json }: { json: boolean }): Promise<void> {
  const { ipsKeysDirectory, tokenIssuer } = readKeyConfig(environment)
  const keys = await listKeys(ipsKeysDirectory, tokenIssuer)
  const rows = keys.map((key) => [key.kid, key.use, key.issuer, key.state, key.activeFrom])
  const table = [['kid', 'use', 'issuer', 'state', 'active from'], ...rows]
  say(json ? JSON.stringify(keys) : formatTable(table))
}

/**
 * Makes the next key of each purpose, where none waits, and prints when they take over. Throws `IpsError('lead-too-short')`
 * and `IpsError('duration-invalid')`.
 */
export async function rotate(
  environment: Environment,
  options: { purpose: readonly KeyPurpose[]; lead: string; json?: boolean },
): Promise<void> {
  const leadSeconds = parseDuration(options.lead)
  if (leadSeconds < minLeadSeconds)
    throw new IpsError('lead-too-short', `--lead is ${minLeadSeconds}s at least`)
  const { ipsKeysDirectory } = readKeyConfig(environment)
  const nowMs = Date.now()
  const made = []
  for (const purpose of options.purpose) {
    const times = { nowMs, activeFromMs: nowMs + leadSeconds * 1000 }
    const { kid, activeFrom, state } = await rotateKey(ipsKeysDirectory, purpose, times)
    made.push({ purpose, kid, state, activeFrom })
  }
  if (options.json === true) say(JSON.stringify(made))
  else for (const key of made) say(`${key.purpose}: ${key.kid} from ${key.activeFrom}`)
}

/** Takes a key out of use. Throws as `retireKey` does. */
export async function retire(environment: Environment, kid: string): Promise<void> {
  await retireKey(readKeyConfig(environment).ipsKeysDirectory, kid, Date.now())
}

function readKeyConfig(environment: Environment) {
  const setup = readSetup(environment)
  return readConfig(tokenSettings, sharedEnvironment(setup))
}
