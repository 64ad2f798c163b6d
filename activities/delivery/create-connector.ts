import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { AddressPolicy } from './create-address-policy.ts'

/** Resolves a name to all of its addresses, in the order in which they are to be tried; with an error there are none. */
export type ResolveName = (
  hostname: string,
  callback: (error: Error | null, addresses: LookupAddress[] | undefined) => void,
) => void

/** How a connector may differ from what production uses: in tests only. */
export interface ConnectorOptions {
  readonly resolveName?: ResolveName
  /** Certificates in PEM that are trusted instead of those of the system. */
  readonly trusted?: readonly string[]
  readonly connectTimeoutMs?: number
}

const resolveBySystem: ResolveName = (hostname, callback) =>
  systemLookup(hostname, { all: true }, callback)

/** Part of the total deadline of a request: leaves time for the answer. */
const defaultConnectTimeoutMs = 10_000

/**
 * Creates a connector for undici that checks every address of a host after its resolution and connects to exactly those:
 * nothing is resolved again in between. One address that is denied refuses the host. TLS is verified in full, by the name
 * of the host, whatever address it is at. Knows no proxy. Fails with `IpsError('address-denied')`.
 */
export function createConnector(
  policy: AddressPolicy,
  options: ConnectorOptions = {},
): buildConnector.connector {
  const { resolveName = resolveBySystem, connectTimeoutMs = defaultConnectTimeoutMs } = options
  const lookup: LookupFunction = (hostname, { all }, callback) => {
    resolveName(hostname, (error, resolved) => {
      // Whatever its type says: with an error, the system's resolver gives no list at all.
      const addresses = resolved ?? []
      const denied = error ?? findDenied(hostname, addresses, policy)
      const [first] = addresses
      if (denied !== undefined) callback(denied, '', 0)
      else if (all === true) callback(null, addresses)
      else callback(null, first?.address ?? '', first?.family ?? 0)
    })
  }
  const connect = buildConnector({
    allowH2: false,
    timeout: connectTimeoutMs,
    lookup,
    rejectUnauthorized: true,
    ...(options.trusted === undefined ? {} : { ca: [...options.trusted] }),
  })
  return (target, callback) => {
    // No lookup is made for a literal.
    const family = isIP(target.hostname)
    const literal = [{ address: target.hostname, family }]
    const denied = family === 0 ? undefined : findDenied(target.hostname, literal, policy)
    if (denied === undefined) connect(target, callback)
    else callback(denied, null)
  }
}

function findDenied(
  hostname: string,
  addresses: readonly LookupAddress[],
  policy: AddressPolicy,
): IpsError | undefined {
  if (addresses.length === 0) return new IpsError('address-missing', `${hostname} has no address`)
  for (const { address } of addresses) {
    const reason = policy(address)
    if (reason !== undefined)
      return new IpsError('address-denied', `${hostname} is at a denied address: ${reason}`)
  }
  return undefined
}
