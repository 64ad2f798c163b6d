import { isClientId } from '../../lib/token/client-id.ts'
import { OAuthError } from '../oauth-error.ts'
import type { FormParameters } from '../register-token-endpoint.ts'
import type { ClientCredentials } from './client-secret.ts'

const basic = /^basic +([A-Za-z0-9+/]+={0,2})$/i

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What a client shows of itself: its secret, or what a key of its own has signed. */
export type ShownCredentials =
  | ({ readonly kind: 'secret' } & ClientCredentials)
  | { readonly kind: 'assertion'; readonly assertion: string; readonly clientId?: string }

/**
 * Reads how a client shows who it is: by HTTP Basic or in the form (RFC 6749, section 2.3.1), or by an assertion
 * (RFC 7523, section 2.2), never by two ways. Throws `OAuthError`: `invalid_request` for two, `invalid_client` for none or for
 * credentials that cannot be read.
 */
export function readShownCredentials(
  authorization: string | undefined,
  form: FormParameters,
): ShownCredentials {
  const { client_assertion: assertion, client_assertion_type: type, client_id: clientId } = form
  if (assertion === undefined && type === undefined)
    return { kind: 'secret', ...readClientCredentials(authorization, form) }
  if (authorization !== undefined || form['client_secret'] !== undefined)
    throw new OAuthError('invalid_request', 'a client shows a secret or an assertion, not both')
  if (assertion === undefined || type !== assertionType) {
    throw new OAuthError(
      'invalid_request',
      `client_assertion and client_assertion_type (${assertionType}) are needed`,
    )
  }
  return { kind: 'assertion', assertion, ...(clientId === undefined ? {} : { clientId }) }
}

/** Reads a client's id and secret from HTTP Basic or from the form, not from both. Throws as `readShownCredentials` does. */
function readClientCredentials(
  authorization: string | undefined,
  form: FormParameters,
): ClientCredentials {
  const { client_id: clientId, client_secret: clientSecret } = form
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
