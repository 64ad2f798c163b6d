import { roles, type RoleName } from '../../lib/topology.ts'

/** The ports of one set-up, all on 127.0.0.1. */
export interface Ports {
  readonly gateway: number
  readonly temporalUi: number
  readonly temporal: number
  readonly kafka: number
  readonly kafkaController: number
  readonly postgres: number
  /** Health ports are this and the role's offset. */
  readonly healthBase: number
}

/** Everybody's usual ports, where no base is given; PostgreSQL's is one up, since many machines run one already. */
const usualPorts: Ports = {
  gateway: 8080,
  temporalUi: 8233,
  temporal: 7233,
  kafka: 9092,
  kafkaController: 9093,
  postgres: 5433,
  healthBase: 8080,
}

/** How many ports in a row a base stands for: servers, and health ports up to the highest offset of the topology. */
export const portsPerBase = 1 + Math.max(...Object.values(roles).map((r) => r.healthPortOffset))

/** The ports of a set-up with `IPS_PORT_BASE`, or the usual ones. */
export function portsOf(base: number | undefined): Ports {
  if (base === undefined) return usualPorts
  return {
    gateway: base,
    temporalUi: base + 1,
    temporal: base + 2,
    kafka: base + 3,
    kafkaController: base + 4,
    postgres: base + 5,
    healthBase: base,
  }
}

/** The port of a role's health and metrics. */
export function healthPortOf(ports: Ports, role: RoleName): number {
  return ports.healthBase + roles[role].healthPortOffset
}
