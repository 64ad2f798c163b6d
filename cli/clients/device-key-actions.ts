import { readFile } from 'node:fs/promises'
import { addDeviceKey, removeDeviceKey } from '../../gateway/authentication/device-keys.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { readDeviceKey } from '../../lib/token/read-device-key.ts'
import type { Environment } from '../setup/read-setup.ts'
import { say } from '../terminal.ts'
import { administer } from './with-administration.ts'

/** Registers the public key in a file, and prints its id. Throws as `readDeviceKey` and `addDeviceKey` do. */
export async function addKey(environment: Environment, name: string, file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new IpsError('file-unreadable', `${file} cannot be read`, { cause })
  })
  const { kid, jwk } = await readDeviceKey(text)
  await administer(environment, ({ authentication }) =>
    addDeviceKey(authentication, { clientId: name, kid, jwk }),
  )
  say(kid)
}

/** Takes a public key away from a client. Throws as `removeDeviceKey` does. */
export async function removeKey(
  environment: Environment,
  name: string,
  kid: string,
): Promise<void> {
  await administer(environment, ({ authentication }) =>
    removeDeviceKey(authentication, { clientId: name, kid }),
  )
}
