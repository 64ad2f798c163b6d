import { randomBytes } from 'node:crypto'

const idBytes = 6
const secretBytes = 32

const format = /^ips\.([0-9a-f]{12})\.[0-9a-f]{64}$/

/** A new client secret: `ips.ID.RANDOM` in hex digits, which need no escaping anywhere. */
export interface ClientSecret {
  readonly secretId: string
  readonly secret: string
}

/** What a client shows of itself. */
export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Draws a client secret. */
export function createClientSecret(random: (size: number) => Buffer = randomBytes): ClientSecret {
  const secretId = random(idBytes).toString('hex')
  return { secretId, secret: `ips.${secretId}.${random(secretBytes).toString('hex')}` }
}

/** The id within a secret; `undefined` for a text that is none. */
export function secretIdOf(secret: string): string | undefined {
  return format.exec(secret)?.[1]
}
