import { visionServices, type VisionServiceName } from '../topology.ts'
import { readClaim } from './read-claim.ts'
import { selectUsable } from './select-usable.ts'

/** The terminal messages that a token causes for each image, as `service/version`, in the order of the topology. */
export function expectedTerminals(rights: Readonly<Record<string, unknown>>): string[] {
  const services = Object.keys(visionServices) as VisionServiceName[]
  return services.flatMap((service) =>
    selectUsable(rights, service, visionServices[service], {
      read: (value) => readClaim(`${service}-*`, value),
    }).map(({ version }) => `${service}/${version}`),
  )
}
