import { IpsError } from '../../lib/errors/ips-error.ts'
import { checkEndpointUrl, type UrlPolicy } from './check-endpoint-url.ts'

/** Reads the URL of an endpoint. Throws `IpsError`, not retryable, with a code that says why it is refused. */
export function readEndpointUrl(text: string, policy: UrlPolicy): URL {
  const url = URL.parse(text)
  if (url === null) throw new IpsError('url-malformed', 'the endpoint has no valid URL')
  checkEndpointUrl(url, policy)
  return url
}
