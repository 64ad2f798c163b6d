import { claimCatalogue, type ClaimService } from '../../lib/token/claim-schemas.ts'
import { selectVersions } from '../../lib/token/select-versions.ts'
import { roles } from '../../lib/topology.ts'

/** What a token makes the system send, besides the results themselves. */
export interface ExpectedMessages {
  /** For each image: one terminal message of each of these, as `service version`. */
  readonly terminals: readonly string[]
  readonly summary: boolean
}

/** Finds what comes back of a transaction, by the rights of its token. */
export function expectedMessages(rights: Readonly<Record<string, unknown>>): ExpectedMessages {
  const versionsOf = (service: ClaimService) =>
    selectVersions(rights, service, claimCatalogue[service].versions)
  const vision = Object.keys(roles)
    .filter((role) => role.startsWith('vision-'))
    .map((role) => role.slice('vision-'.length) as ClaimService)
  return {
    terminals: vision.flatMap((service) =>
      versionsOf(service).map(({ version }) => `${service} ${version}`),
    ),
    summary: versionsOf('summary').length > 0,
  }
}
