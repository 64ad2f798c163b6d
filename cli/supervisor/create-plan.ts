import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureTopics } from '../../lib/kafka/ensure-topics.ts'
import { createLogger } from '../../lib/telemetry/create-logger.ts'
import { roles, type RoleName } from '../../lib/topology.ts'
import { findJava, installedJavaHome, kafkaMinimumJava } from '../install/find-java.ts'
import { ensureSearchAttributes } from '../servers/ensure-search-attributes.ts'
import { kafkaServer } from '../servers/kafka-server.ts'
import { postgresServer } from '../servers/postgres-server.ts'
import { temporalServer } from '../servers/temporal-server.ts'
import { ensurePostgresPassword, readAddresses, type Addresses } from '../setup/addresses.ts'
import { healthPortOf } from '../setup/ports.ts'
import type { Setup } from '../setup/read-setup.ts'
import { roleEnvironment } from '../setup/role-environment.ts'
import type { ProcessDefinition } from './process-definition.ts'
import type { Plan } from './supervise.ts'

/** What of the system is to run. */
export interface PlanOptions {
  /** Servers alone, for development and tests. */
  readonly serversOnly: boolean
  /** Vision services answer with generated outputs, without models. */
  readonly synthetic: boolean
  /** Roles beside those that start by default. */
  readonly extraRoles: readonly RoleName[]
}

/** Above the 20 s that a role gives itself for an orderly stop. */
const roleStopTimeoutMs = 25_000
const healthTimeoutMs = 3_000

/** The plan of a set-up: the servers that are not configured, and the roles of the topology. */
export async function createPlan(setup: Setup, options: PlanOptions): Promise<Plan> {
  const { configured } = setup
  if (configured.postgresUrl === undefined) ensurePostgresPassword(setup.home)
  const addresses = readAddresses(setup)
  return {
    home: setup.home,
    serversOnly: options.serversOnly,
    configured: configuredServers(setup),
    servers: await createServers(setup, addresses),
    prepareServers: () =>
      options.serversOnly ? Promise.resolve() : prepareServers(setup, addresses),
    roles: rolesToRun(options).map((role) =>
      roleProcess(role, { setup, addresses, synthetic: options.synthetic }),
    ),
  }
}

/** The roles of a plan. */
export function rolesToRun({ serversOnly, extraRoles }: PlanOptions): RoleName[] {
  if (serversOnly) return []
  const names = Object.keys(roles) as RoleName[]
  return names.filter((name) => roles[name].startedByDefault || extraRoles.includes(name))
}

async function createServers(
  setup: Setup,
  { postgresUrl }: Addresses,
): Promise<ProcessDefinition[]> {
  const { configured, cache, environment } = setup
  const servers: ProcessDefinition[] = []
  if (configured.postgresUrl === undefined) servers.push(await postgresServer(setup, postgresUrl))
  if (configured.kafkaBrokers === undefined) {
    const java = await findJava(environment, kafkaMinimumJava)
    servers.push(kafkaServer(setup, java ?? join(installedJavaHome(cache), 'bin', 'java')))
  }
  if (configured.temporalAddress === undefined) servers.push(temporalServer(setup))
  return servers
}

/** Never the user's password. */
function configuredServers({ configured }: Setup) {
  const { kafkaBrokers, postgresUrl, temporalAddress } = configured
  return [
    ...(postgresUrl === undefined
      ? []
      : [{ name: 'postgres', address: new URL(postgresUrl).host }]),
    ...(kafkaBrokers === undefined ? [] : [{ name: 'kafka', address: kafkaBrokers }]),
    ...(temporalAddress === undefined ? [] : [{ name: 'temporal', address: temporalAddress }]),
  ]
}

async function prepareServers(setup: Setup, addresses: Addresses): Promise<void> {
  await mkdir(join(setup.home, 'keys'), { recursive: true, mode: 0o700 })
  await ensureTopics({
    brokers: addresses.kafkaBrokers.split(','),
    clientId: 'racc',
    topicPrefix: setup.environment['KAFKA_TOPIC_PREFIX'] ?? '',
    logger: createLogger({ role: 'racc', level: 'error' }),
  })
  // Its own server creates them as it starts.
  if (setup.configured.temporalAddress !== undefined) {
    const namespace = setup.environment['TEMPORAL_NAMESPACE'] ?? 'default'
    await ensureSearchAttributes(setup.configured.temporalAddress, namespace)
  }
}

function roleProcess(
  role: RoleName,
  options: { setup: Setup; addresses: Addresses; synthetic: boolean },
): ProcessDefinition {
  const { setup } = options
  const health = healthPortOf(setup.ports, role)
  return {
    kind: 'role',
    name: role,
    ports: { ...('http' in roles[role] && { http: setup.ports.gateway }), health },
    command: process.execPath,
    args: ['--disable-warning=TimeoutNegativeWarning', join(setup.root, 'main.ts'), role],
    environment: roleEnvironment(role, options),
    directory: setup.root,
    isReady: async () => {
      const response = await fetch(`http://127.0.0.1:${health}/health/ready`, {
        signal: AbortSignal.timeout(healthTimeoutMs),
      })
      await response.body?.cancel()
      return response.ok
    },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: roleStopTimeoutMs,
  }
}
