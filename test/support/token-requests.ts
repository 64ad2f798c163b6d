import { randomUUID } from 'node:crypto'
import { exportSPKI, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { addDeviceKey } from '../../gateway/authentication/device-keys.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { readDeviceKey } from '../../lib/token/read-device-key.ts'

/** The path of the authentication's token endpoint. */
export const authenticationPath = '/authentication/v1/token'

/** A device with a registered key. */
export interface TestDevice {
  readonly clientId: string
  readonly kid: string
  readonly privateKey: CryptoKey
}

/** Gives a client a new key, and its device the private half. */
export async function addTestDevice(pool: Pool, clientId: string): Promise<TestDevice> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA')
  const { kid, jwk } = await readDeviceKey(await exportSPKI(publicKey))
  await addDeviceKey(pool, { clientId, kid, jwk })
  return { clientId, kid, privateKey }
}

/** The form with which a device asks for a token; a new assertion where none is given. */
export async function assertionForm(
  device: TestDevice,
  members: Record<string, unknown> = {},
): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1_000)
  const { clientId, kid, privateKey } = device
  const assertion = await new SignJWT({
    ...{ iss: clientId, sub: clientId, aud: 'ips', exp: now + 60, jti: randomUUID() },
    ...members,
  })
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .sign(privateKey)
  return {
    grant_type: 'client_credentials',
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  }
}

/** The form with which a client asks for a token. */
export function secretForm(client: {
  clientId: string
  clientSecret: string
}): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.clientSecret,
  }
}

/** What was answered. */
export interface TokenAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** POSTs a form, as a proxy does for `sender` where one is given. */
export async function postForm(
  url: string,
  form: Record<string, string>,
  sender?: string,
): Promise<TokenAnswer> {
  const headers = sender === undefined ? {} : { 'x-forwarded-for': sender }
  const body = new URLSearchParams(form)
  const response = await fetch(url, { method: 'POST', headers, body })
  const answer = (await response.json()) as Record<string, unknown>
  return { status: response.status, headers: response.headers, body: answer }
}
