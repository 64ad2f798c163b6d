import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'

/** Both endpoints answer at once, or say that they cannot. */
const timeoutMs = 10_000

/** Who asks, and where. */
export interface FetchTokenOptions {
  /** The gateway, without a path. */
  readonly baseUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** Claims separated by spaces; all that is granted by default. */
  readonly scope?: string
}

/** An authorisation token. */
export interface FetchedToken {
  readonly token: string
  readonly expiresInSeconds: number
}

const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() })
const errorAnswer = z.object({ error: z.string(), error_description: z.string().optional() })

/**
 * Gets an authorisation token by the two requests that every client makes. Throws `IpsError('token-refused')` with the
 * endpoint's reason, or `IpsError('gateway-unreachable')`, retryable.
 */
export async function fetchToken(options: FetchTokenOptions): Promise<FetchedToken> {
  const { baseUrl, clientId, clientSecret, scope } = options
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const authentication = await post(
    `${baseUrl}/authentication/v1/token`,
    { grant_type: 'client_credentials' },
    { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
  )
  const authorisation = await post(`${baseUrl}/authorisation/v1/token`, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: authentication.access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...(scope === undefined ? {} : { scope }),
  })
  return { token: authorisation.access_token, expiresInSeconds: authorisation.expires_in }
}

async function post(url: string, form: Record<string, string>, headers = {}) {
  const { status, body } = await send(url, form, headers)
  const token = tokenAnswer.safeParse(body)
  if (status === 200 && token.success) return token.data
  const refusal = errorAnswer.safeParse(body)
  const reason = refusal.success
    ? `${refusal.data.error}: ${refusal.data.error_description ?? ''}`
    : `status ${status}`
  throw new IpsError('token-refused', `no token: ${reason}`, { retryable: status >= 500 })
}

async function send(url: string, form: Record<string, string>, headers: Record<string, string>) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    return { status: response.status, body: parseJson(text) }
  } catch (cause) {
    throw new IpsError('gateway-unreachable', `${new URL(url).origin} does not answer`, {
      retryable: true,
      cause,
    })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
