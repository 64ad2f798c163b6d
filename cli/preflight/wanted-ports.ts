import type { RoleName } from '../../lib/topology.ts'
import { roles } from '../../lib/topology.ts'
import { healthPortOf } from '../setup/ports.ts'
import type { Setup } from '../setup/read-setup.ts'
import type { WantedPort } from './check-ports.ts'

/** The ports that a set-up is about to use, with their users. */
export function wantedPorts({ ports, configured }: Setup, run: readonly RoleName[]): WantedPort[] {
  const wanted: WantedPort[] = []
  if (configured.postgresUrl === undefined)
    wanted.push({ port: ports.postgres, name: 'PostgreSQL' })
  if (configured.kafkaBrokers === undefined) {
    wanted.push({ port: ports.kafka, name: 'Kafka' })
    wanted.push({ port: ports.kafkaController, name: 'Kafka’s controller' })
  }
  if (configured.temporalAddress === undefined) {
    wanted.push({ port: ports.temporal, name: 'Temporal' })
    wanted.push({ port: ports.temporalUi, name: 'the Temporal UI' })
  }
  for (const role of run) {
    wanted.push({ port: healthPortOf(ports, role), name: `the health of ${role}` })
    if ('http' in roles[role]) wanted.push({ port: ports.gateway, name: `the HTTP of ${role}` })
  }
  return wanted
}
