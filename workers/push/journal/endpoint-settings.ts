import { z } from 'zod'
import type { PushClaim } from '../../../lib/token/claim-schemas.ts'

const settings = z.object({
  signature: z.enum(['v1', 'v1a']),
  maxConcurrency: z.number().exactOptional(),
  maxRate: z.number().exactOptional(),
})

/** What the journal keeps of a claim in the clear. */
export type EndpointSettings = z.output<typeof settings>

/** The settings of a claim, without its URL and its secret, as JSON. */
export function writeEndpointSettings({ signature, maxConcurrency, maxRate }: PushClaim): string {
  return JSON.stringify({ signature, maxConcurrency, maxRate })
}

/** Reads what `writeEndpointSettings` wrote. */
export function readEndpointSettings(value: unknown): EndpointSettings {
  return settings.parse(value)
}
