import { z } from 'zod'
import { integer, setting } from '../lib/config/settings.ts'

/** Paths are put behind it. */
const withoutEndingSlash = (url: string) => url.replace(/\/+$/, '')

/** What every role that serves HTTP to clients has. */
export const httpSettings = {
  httpHost: setting(z.string().default('127.0.0.1'), 'Address that clients’ requests are taken on'),
  httpPort: setting(integer(0, 65_535).default(8080), 'Port that clients’ requests are taken on'),
  publicUrl: setting(
    z.url().overwrite(withoutEndingSlash).optional(),
    'The address by which clients reach the system, for its metadata and its OpenAPI document; by default the one of each request. Assertions of devices may name it as their audience: without it only the issuer, or a loopback address',
  ),
} as const
