import { z } from 'zod'
import type { PushClaim } from '../../../lib/token/claim-schemas.ts'

const settings = z.object({
  maxConcurrency: z.number().exactOptional(),
  maxRate: z.number().exactOptional(),
  batch: z.object({ maxMessages: z.number(), maxWaitMs: z.number() }).exactOptional(),
})

/** What the journal keeps of a claim in the clear. */
export type EndpointSettings = z.output<typeof settings>

/** The settings of a claim, without its URL and its secret, whose prefix says which signature it makes, as JSON. */
export function writeEndpointSettings({ maxConcurrency, maxRate, batch }: PushClaim): string {
  return JSON.stringify({ maxConcurrency, maxRate, batch })
}

/** Reads what `writeEndpointSettings` wrote. */
export function readEndpointSettings(value: unknown): EndpointSettings {
  return settings.parse(value)
}
