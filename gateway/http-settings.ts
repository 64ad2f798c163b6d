import { isIP } from 'node:net'
import { z } from 'zod'
import { integer, list, setting } from '../lib/config/settings.ts'

/** Paths are put behind it. */
const withoutEndingSlash = (url: string) => url.replace(/\/+$/, '')

/** `192.0.2.1`, or `192.0.2.0/24`. */
function isNetwork(text: string): boolean {
  const [address = '', bits = '0', ...rest] = text.split('/')
  const maxBits = isIP(address) === 4 ? 32 : 128
  return isIP(address) > 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= maxBits
}

/** What every role that serves HTTP to clients has. */
export const httpSettings = {
  httpHost: setting(z.string().default('127.0.0.1'), 'Address that clients’ requests are taken on'),
  httpPort: setting(integer(0, 65_535).default(8080), 'Port that clients’ requests are taken on'),
  trustedProxies: setting(
    list()
      .refine((all) => all.every(isNetwork), 'addresses or networks are needed')
      .default([]),
    'Addresses or networks of the proxies before this process, separated by commas: what they say of a request’s sender (X-Forwarded-For) is believed. Without it all requests that come through one have one sender, for the limits of failed authentication',
  ),
  publicUrl: setting(
    z.url().overwrite(withoutEndingSlash).optional(),
    'The address by which clients reach the system, for its metadata and its OpenAPI document; by default the one of each request. Assertions of devices may name it as their audience: without it only the issuer, or a loopback address',
  ),
} as const
