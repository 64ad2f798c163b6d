import { join } from 'node:path'
import { roles, type RoleName } from '../../lib/topology.ts'
import { readAddresses, type Addresses } from './addresses.ts'
import { healthPortOf } from './ports.ts'
import type { Setup } from './read-setup.ts'

/** Webhooks of a development set-up go to this machine, over plain HTTP; the defaults of production allow neither. */
const developmentDefaults = {
  PUSH_ALLOW_ADDRESSES: '127.0.0.0/8,::1/128',
  PUSH_ALLOW_HTTP: 'true',
  // All callers have one address here, and whoever tries something out asks as fast as he can: a hundred a second.
  TOKENS_PER_MINUTE: '6000',
  AUTHENTICATION_FAILURES_PER_MINUTE: '6000',
  LOG_LEVEL: 'info',
  // kafkajs would print a notice about a partitioner that is not used.
  KAFKAJS_NO_PARTITIONER_WARNING: '1',
}

/** What every process of a set-up shares, the commands of `racc` included. What was given by the environment stands. */
export function sharedEnvironment(
  setup: Setup,
  addresses: Addresses = readAddresses(setup),
): Record<string, string> {
  const given = Object.entries(setup.environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  )
  return {
    ...developmentDefaults,
    MODELS_DIRECTORY: join(setup.cache, 'models'),
    ...Object.fromEntries(given),
    IPS_HOME: setup.home,
    IPS_KEYS_DIRECTORY: setup.environment['IPS_KEYS_DIRECTORY'] ?? join(setup.home, 'keys'),
    KAFKA_BROKERS: addresses.kafkaBrokers,
    POSTGRES_URL: addresses.postgresUrl,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
  }
}

/** The environment of one role's process. */
export function roleEnvironment(
  role: RoleName,
  options: { setup: Setup; addresses: Addresses; synthetic: boolean },
): Record<string, string> {
  const { setup, addresses, synthetic } = options
  const serves = 'http' in roles[role]
  return {
    ...sharedEnvironment(setup, addresses),
    HEALTH_PORT: String(healthPortOf(setup.ports, role)),
    ...(serves && { HTTP_PORT: String(setup.ports.gateway) }),
    ...(synthetic && { SYNTHETIC: 'true' }),
  }
}
