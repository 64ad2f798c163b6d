import { IpsError } from '../../lib/errors/ips-error.ts'
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

/** The summary's protocol versions. */
const summaryVersions = ['1.0']

/**
 * Reads a token's rights: `undefined` where they do not ask for summaries. A claim with a malformed value authorises
 * nothing, neither a summary nor a vision service.
 */
export function readSummaryRights(
  clientId: string,
  rights: Readonly<Record<string, unknown>>,
): SummaryRights | undefined {
  const [selected] = selectVersions(rights, 'summary', summaryVersions)
  if (selected === undefined) return undefined
  const claim = readOrNothing(() => readClaim('summary-1.*', selected.value))
  if (claim === undefined) return undefined
  const services = Object.keys(visionServices) as VisionServiceName[]
  const { windowSeconds, idleSeconds } = claim
  const expected = services.flatMap((service) => expectedOf(rights, service))
  return { clientId, windowSeconds, idleSeconds, expected }
}

function expectedOf(
  rights: Readonly<Record<string, unknown>>,
  service: VisionServiceName,
): string[] {
  return selectVersions(rights, service, visionServices[service])
    .filter(({ value }) => readOrNothing(() => readClaim(`${service}-*`, value)) !== undefined)
    .map(({ version }) => `${service}/${version}`)
}

function readOrNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof IpsError && error.code === 'claim-malformed') return undefined
    throw error
  }
}
