import { isAlive } from '../processes/process-identity.ts'
import { readState, type SupervisorState } from './state-file.ts'

/** What `racc status --json` prints. */
export interface Status {
  readonly supervisor: {
    readonly pid: number | null
    readonly state: SupervisorState['state'] | 'stopped' | 'killed'
    readonly failure?: string
  }
  readonly roles: readonly RoleStatus[]
  readonly servers: readonly ServerStatus[]
}

interface CommonStatus {
  readonly pid: number | null
  /** The supervisor's word, or `orphaned` and `dead` where there is no supervisor any more; `configured` where it is not ours. */
  readonly state: string
  readonly restarts: number
  readonly startedAt: string | null
  readonly lastExit: { readonly at: string; readonly reason: string } | null
}

export interface RoleStatus extends CommonStatus {
  readonly role: string
  readonly ports: Readonly<Record<string, number>>
}

export interface ServerStatus extends CommonStatus {
  readonly name: string
  readonly port: number | null
  readonly ports: Readonly<Record<string, number>>
  /** Of a configured server. */
  readonly address?: string
}

/** Reads how a home is doing. Says of a process only what is true now: whether it lives is looked up, not believed. */
export function readStatus(home: string): Status {
  const state = readState(home)
  if (state === undefined)
    return { supervisor: { pid: null, state: 'stopped' }, roles: [], servers: [] }
  const supervised = isAlive(state.supervisor)
  const common = (entry: SupervisorState['processes'][number]): CommonStatus => {
    const alive = entry.identity !== null && isAlive(entry.identity)
    return {
      pid: alive ? (entry.identity?.pid ?? null) : null,
      state: supervised ? entry.state : alive ? 'orphaned' : 'dead',
      restarts: entry.restarts,
      startedAt: entry.startedAt,
      lastExit: entry.lastExit,
    }
  }
  const ofKind = (kind: string) => state.processes.filter((entry) => entry.kind === kind)
  return {
    supervisor: {
      pid: supervised ? state.supervisor.pid : null,
      state: supervised || state.state === 'failed' ? state.state : 'killed',
      ...(state.failure !== undefined && { failure: state.failure }),
    },
    roles: ofKind('role').map((entry) => ({
      role: entry.name,
      ports: entry.ports,
      ...common(entry),
    })),
    servers: [
      ...ofKind('server').map((entry) => ({
        name: entry.name,
        port: entry.ports[entry.name] ?? null,
        ports: entry.ports,
        ...common(entry),
      })),
      ...state.configured.map(configuredStatus),
    ],
  }
}

function configuredStatus({ name, address }: SupervisorState['configured'][number]): ServerStatus {
  const port = Number(/:(\d+)$/.exec(address)?.[1])
  return {
    name,
    address,
    port: Number.isNaN(port) ? null : port,
    ports: {},
    pid: null,
    state: 'configured',
    restarts: 0,
    startedAt: null,
    lastExit: null,
  }
}

/** The status as rows for people. */
export function formatStatus({ supervisor, roles, servers }: Status): string[][] {
  const row = (name: string, ports: Readonly<Record<string, number>>, entry: CommonStatus) => [
    name,
    entry.state,
    entry.pid === null ? '-' : String(entry.pid),
    Object.entries(ports)
      .map(([use, port]) => `${use} ${port}`)
      .join(', '),
    String(entry.restarts),
    entry.startedAt ?? '-',
    entry.lastExit === null ? '' : `${entry.lastExit.at} ${entry.lastExit.reason}`,
  ]
  return [
    ['PROCESS', 'STATE', 'PID', 'PORTS', 'RESTARTS', 'SINCE', 'LAST END'],
    [
      'supervisor',
      supervisor.state,
      String(supervisor.pid ?? '-'),
      '',
      '',
      '',
      supervisor.failure ?? '',
    ],
    ...servers.map((entry) => row(entry.name, entry.ports, entry)),
    ...roles.map((entry) => row(entry.role, entry.ports, entry)),
  ]
}
