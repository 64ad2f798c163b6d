import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Setup } from '../setup/read-setup.ts'
import { findJava, kafkaMinimumJava } from './find-java.ts'

/** The models of the vision services. */
export const modelArtefacts: readonly string[] = [
  'face-models',
  'face-confirmation-model',
  'text-models',
]

/** What is installed for a use of the system: nothing for a server that is configured. */
export async function neededArtefacts(
  { configured, environment }: Setup,
  use: { models: boolean; samples: boolean; tests: boolean },
): Promise<string[]> {
  const needsKafka = configured.kafkaBrokers === undefined
  const needsTemporal = configured.temporalAddress === undefined
  // The manifest's checksums are those of this platform's packages.
  if ((needsKafka || needsTemporal) && (process.platform !== 'linux' || process.arch !== 'x64')) {
    throw new IpsError(
      'platform-unsupported',
      `racc brings its servers for Linux on x64 only, and this is ${process.platform} on ${process.arch}: set KAFKA_BROKERS, POSTGRES_URL and TEMPORAL_ADDRESS, or use --docker.`,
    )
  }
  const hasJava = !needsKafka || (await findJava(environment, kafkaMinimumJava)) !== undefined
  return [
    ...(hasJava ? [] : ['java']),
    ...(needsKafka ? ['kafka'] : []),
    ...(needsTemporal ? ['temporal'] : []),
    ...(use.models ? modelArtefacts : []),
    ...(use.samples ? ['samples'] : []),
    ...(use.tests ? ['temporal-test-server'] : []),
  ]
}
