import { IpsError } from '../../lib/errors/ips-error.ts'

/** What URLs of endpoints may be. */
export interface UrlPolicy {
  /** Plain HTTP, and with it any port: for development only. */
  readonly allowHttp: boolean
}

const httpsPort = 443
/** Below are the ports of other services of a host, which must not be sent requests. */
const lowestFreePort = 1024

/** Throws `IpsError`, not retryable, with a code that says why a URL is refused. */
export function checkEndpointUrl(url: URL, { allowHttp }: UrlPolicy): void {
  if (url.username !== '' || url.password !== '')
    throw new IpsError('url-with-user', 'the URL has a user name')
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new IpsError('url-scheme', `the URL is neither HTTPS nor HTTP`)
  if (allowHttp) return
  if (url.protocol === 'http:') throw new IpsError('url-not-https', 'the URL is not HTTPS')
  const port = url.port === '' ? httpsPort : Number(url.port)
  if (port !== httpsPort && port < lowestFreePort)
    throw new IpsError('url-port', `port ${port} is neither ${httpsPort} nor above 1023`)
}
