import { FirehoseError } from './firehose-error.ts'

/** Who asks, and where. */
export interface TokenOptions {
  /** The gateway, without a path: `https://ips.example.com`. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** Claims separated by spaces, for example `firehose-1.*`; all that is granted by default. */
  readonly scope?: string | undefined
}

/** Both endpoints answer at once, or say that they cannot. */
const timeoutMs = 10_000

/**
 * Gets an authorisation token by the two requests that every client makes. Throws `FirehoseError`: `token-refused`, retryable where
 * the server is the reason, or `connection-failed`, retryable.
 */
export async function fetchToken(options: TokenOptions): Promise<string> {
  const { url, clientId, clientSecret, scope } = options
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const authenticationToken = await post(
    new URL('/authentication/v1/token', url),
    { grant_type: 'client_credentials' },
    { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
  )
  return post(new URL('/authorisation/v1/token', url), {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: authenticationToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...(scope === undefined ? {} : { scope }),
  })
}

async function post(url: URL, form: Record<string, string>, headers = {}): Promise<string> {
  const { status, text } = await send(url, form, headers)
  const answer = parseAnswer(text)
  if (status === 200 && answer.access_token !== undefined) return answer.access_token
  const { error = `status ${status}`, error_description: description } = answer
  throw new FirehoseError(
    'token-refused',
    description === undefined ? error : `${error}: ${description}`,
    { status, retryable: status === 429 || status >= 500 },
  )
}

async function send(url: URL, form: Record<string, string>, headers: Record<string, string>) {
  try {
    const body = new URLSearchParams(form)
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal })
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    const message = `${url.origin} does not answer`
    throw new FirehoseError('connection-failed', message, { retryable: true, cause })
  }
}

/** RFC 6749, sections 5.1 and 5.2. */
function parseAnswer(text: string): {
  access_token?: string
  error?: string
  error_description?: string
} {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}
