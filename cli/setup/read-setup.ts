import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { portsOf, portsPerBase, type Ports } from './ports.ts'

/** Environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** One copy of the system on this machine. */
export interface Setup {
  /** The checkout. */
  readonly root: string
  /** All state: data of the servers, keys, logs. */
  readonly home: string
  /** What is installed once for all copies. */
  readonly cache: string
  readonly ports: Ports
  /** Servers that somebody else runs: used instead of starting one. */
  readonly configured: {
    readonly kafkaBrokers?: string
    readonly postgresUrl?: string
    readonly temporalAddress?: string
  }
  /** The environment as it was given. */
  readonly environment: Environment
}

const highestPort = 65_535
/** Ports below need privileges. */
const lowestBase = 1024

const portBase = z.coerce
  .number()
  .int()
  .min(lowestBase)
  .max(highestPort - portsPerBase)
  .optional()

/**
 * Reads where this copy lives and what it may use: `IPS_HOME`, `IPS_PORT_BASE`, `XDG_CACHE_HOME`, `KAFKA_BROKERS`,
 * `POSTGRES_URL`, `TEMPORAL_ADDRESS`. Throws `IpsError('port-base-invalid')`.
 */
export function readSetup(environment: Environment): Setup {
  const given = (name: string) => (environment[name] === '' ? undefined : environment[name])
  const base = portBase.safeParse(given('IPS_PORT_BASE'))
  if (!base.success) {
    throw new IpsError(
      'port-base-invalid',
      `IPS_PORT_BASE must be a whole number from ${lowestBase} to ${highestPort - portsPerBase}: it is the first of ${portsPerBase} ports.`,
    )
  }
  const root = resolve(import.meta.dirname, '../..')
  const kafkaBrokers = given('KAFKA_BROKERS')
  const postgresUrl = given('POSTGRES_URL')
  const temporalAddress = given('TEMPORAL_ADDRESS')
  return {
    root,
    home: resolve(given('IPS_HOME') ?? join(root, '.racc')),
    cache: join(resolve(given('XDG_CACHE_HOME') ?? join(homedir(), '.cache')), 'ips'),
    ports: portsOf(base.data),
    configured: {
      ...(kafkaBrokers !== undefined && { kafkaBrokers }),
      ...(postgresUrl !== undefined && { postgresUrl }),
      ...(temporalAddress !== undefined && { temporalAddress }),
    },
    environment,
  }
}
