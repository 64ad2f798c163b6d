import { z } from 'zod'
import { boolean, integer, setting } from '../../lib/config/settings.ts'

const positive = z.coerce.number().positive()

/** The settings of a probe. */
export const probeSettings = {
  gatewayUrl: setting(z.url().default('http://127.0.0.1:8080'), 'Where the gateway is'),
  probeClientId: setting(z.string(), 'The client that the probe is'),
  probeClientSecret: setting(z.string(), 'Its secret', { secret: true }),
  probeWebhookSecret: setting(
    z.string().startsWith('whsec_'),
    'The secret with which its webhooks are signed',
    { secret: true },
  ),
  probePort: setting(
    integer(1, 65_535).default(8110),
    'Port of its endpoint on 127.0.0.1: its push-1 claim says http://127.0.0.1:PORT/webhooks',
  ),
  probeRate: setting(positive.default(0.2), 'Transactions started per second'),
  probeDurationSeconds: setting(
    positive.optional(),
    'How long it goes on; until it is stopped by default',
  ),
  probeOnce: setting(boolean().default(false), 'One transaction only'),
  probeImages: setting(integer(1, 32).default(2), 'Images of a transaction'),
  probeTimeoutMs: setting(
    integer(1_000, 3_600_000).default(60_000),
    'A transaction that has not come back by then has failed',
  ),
} as const
