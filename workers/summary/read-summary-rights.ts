import { IpsError } from '../../lib/errors/ips-error.ts'
import { claimCatalogue } from '../../lib/token/claim-schemas.ts'
import { readClaim } from '../../lib/token/read-claim.ts'
import { selectVersions } from '../../lib/token/select-versions.ts'
import { visionServices, type VisionServiceName } from '../../lib/topology.ts'

/** What a token says of summaries. */
export interface SummaryRights {
  readonly clientId: string
  readonly windowSeconds: number
  readonly idleSeconds: number
  /** The terminal messages that its images will have, as `service/version`. */
  readonly expected: readonly string[]
}

/**
 * Reads a token's rights: `undefined` where they do not ask for summaries. A claim with a malformed value authorises
 * nothing, as if it were not there; a broader one may then count.
 */
export function readSummaryRights(
  clientId: string,
  rights: Readonly<Record<string, unknown>>,
): SummaryRights | undefined {
  const [selected] = selectVersions(
    usableRights(rights, 'summary'),
    'summary',
    claimCatalogue.summary.versions,
  )
  if (selected === undefined) return undefined
  const { windowSeconds, idleSeconds } = readClaim('summary-1.*', selected.value)
  const services = Object.keys(visionServices) as VisionServiceName[]
  const expected = services.flatMap((service) =>
    selectVersions(usableRights(rights, service), service, visionServices[service]).map(
      ({ version }) => `${service}/${version}`,
    ),
  )
  return { clientId, windowSeconds, idleSeconds, expected }
}

function usableRights(
  rights: Readonly<Record<string, unknown>>,
  service: VisionServiceName | 'summary',
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(rights).filter(([claim, value]) => {
      if (!claim.startsWith(`${service}-`)) return false
      try {
        readClaim(`${service}-*`, value)
        return true
      } catch (error) {
        if (error instanceof IpsError) return false
        throw error
      }
    }),
  )
}
