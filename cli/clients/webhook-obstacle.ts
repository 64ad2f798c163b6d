import { checkEndpointUrl } from '../../activities/delivery/check-endpoint-url.ts'
import { createAddressPolicy } from '../../activities/delivery/create-address-policy.ts'
import { readConfig } from '../../lib/config/settings.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { urlOfPushClaim } from '../../lib/token/push-claim.ts'
import { pushSettings } from '../../workers/push/push-settings.ts'

/**
 * Says why the delivery will never send to the URL of a push claim with the settings of this environment; `undefined` where
 * it may: names are only checked when they are resolved.
 */
export function webhookObstacle(
  claim: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const url = URL.parse(urlOfPushClaim(claim))
  if (url === null) return undefined
  const config = readConfig(pushSettings, environment)
  try {
    checkEndpointUrl(url, { allowHttp: config.pushAllowHttp })
  } catch (error) {
    if (error instanceof IpsError) return error.message
    throw error
  }
  const address = literalAddress(url.hostname)
  if (address === undefined) return undefined
  const reason = createAddressPolicy(config.pushAllowAddresses)(address)
  return reason === undefined ? undefined : `${url.hostname} is not public (${reason})`
}

const ipv4 = /^\d+\.\d+\.\d+\.\d+$/
const ipv6 = /^\[(.*)\]$/

/** URLs have their addresses in one notation by now; `localhost` never means anything else (RFC 6761). */
function literalAddress(hostname: string): string | undefined {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return '127.0.0.1'
  return ipv4.test(hostname) ? hostname : ipv6.exec(hostname)?.[1]
}
