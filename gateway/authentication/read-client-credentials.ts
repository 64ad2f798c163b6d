import { isClientId } from '../../lib/token/client-id.ts'
import { OAuthError } from '../oauth-error.ts'
import type { FormParameters } from '../register-token-endpoint.ts'
import type { ClientCredentials } from './check-credentials.ts'

const basic = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/**
 * Reads a client's credentials from HTTP Basic or from the form (RFC 6749, section 2.3.1), not from both. Throws
 * `OAuthError`: `invalid_request` for both, `invalid_client` for none or for ones that cannot be read.
 */
export function readClientCredentials(
  authorization: string | undefined,
  form: FormParameters,
): ClientCredentials {
  const { client_id: clientId, client_secret: clientSecret } = form
  if (form['client_assertion'] !== undefined) {
    throw new OAuthError('invalid_client', 'client assertions are not accepted here')
  }
  if (authorization === undefined) {
    if (clientId === undefined || clientSecret === undefined) {
      throw new OAuthError('invalid_client', 'the client’s id and secret are missing')
    }
    return possible({ clientId, clientSecret })
  }
  if (clientSecret !== undefined) {
    throw new OAuthError(
      'invalid_request',
      'credentials come by HTTP Basic or in the form, not both',
    )
  }
  const credentials = readBasic(authorization)
  if (clientId !== undefined && clientId !== credentials.clientId) {
    throw new OAuthError('invalid_request', 'two different client ids are given')
  }
  return possible(credentials)
}

function readBasic(authorization: string): ClientCredentials {
  const encoded = basic.exec(authorization)?.[1]
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0)
    throw new OAuthError('invalid_client', 'the Authorization header is not HTTP Basic')
  return {
    clientId: decodeFormComponent(text.slice(0, colon)),
    clientSecret: decodeFormComponent(text.slice(colon + 1)),
  }
}

/** Both halves are form-urlencoded before they are joined. */
function decodeFormComponent(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new OAuthError('invalid_client', 'the credentials are not form-urlencoded', { cause })
  }
}

function possible(credentials: ClientCredentials): ClientCredentials {
  if (isClientId(credentials.clientId)) return credentials
  throw new OAuthError('invalid_client', 'the client’s id or secret is wrong')
}
