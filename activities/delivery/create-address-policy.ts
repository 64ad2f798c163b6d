import ipaddr from 'ipaddr.js'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** Says why an address must not be connected to; `undefined` where it may be. */
export type AddressPolicy = (address: string) => string | undefined

/**
 * What no webhook may reach, by the special-purpose registries of IANA and the metadata services of clouds. An explicit
 * list: what libraries call "unicast" includes some of these.
 */
const deniedRanges: readonly (readonly [range: string, reason: string])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared by carriers; metadata of one cloud'],
  ['127.0.0.0/8', 'loopback'],
  ['168.63.129.16/32', 'metadata'],
  ['169.254.0.0/16', 'link-local; metadata'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol assignments; metadata of one cloud'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', 'relay of 6to4'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarks'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved; broadcast'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0/96', 'mapped'],
  ['::/96', 'IPv4-compatible'],
  ['64:ff9b::/96', 'NAT64'],
  ['64:ff9b:1::/48', 'NAT64'],
  ['2001::/23', 'protocol assignments; Teredo'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['3fff::/20', 'documentation'],
  ['fc00::/7', 'private; metadata'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
]

/** Of IPv6, only this is given to anybody for use on the Internet. */
const globalUnicast = '2000::/3'

/**
 * Creates the policy: addresses in `allowedRanges` (CIDR) may be reached, of the others all that are public. A mapped
 * address is never taken for the IPv4 address in it. Throws `IpsError('config-invalid')` for a malformed range.
 */
export function createAddressPolicy(allowedRanges: readonly string[]): AddressPolicy {
  const allowed = allowedRanges.map(parseRange)
  const denied = deniedRanges.map(([range, reason]) => ({ range: parseRange(range), reason }))
  const unicast = parseRange(globalUnicast)
  return (text) => {
    if (!ipaddr.isValid(text)) return 'not an address'
    const address = ipaddr.parse(text)
    if (allowed.some((range) => isIn(address, range))) return undefined
    const match = denied.find(({ range }) => isIn(address, range))
    if (match !== undefined) return match.reason
    return address.kind() === 'ipv6' && !isIn(address, unicast) ? 'not public' : undefined
  }
}

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

function isIn(address: Address, range: Range): boolean {
  return address.kind() === range[0].kind() && address.match(range)
}

function parseRange(text: string): Range {
  try {
    return ipaddr.parseCIDR(text)
  } catch (cause) {
    throw new IpsError('config-invalid', `${text} is not a range of addresses`, { cause })
  }
}
