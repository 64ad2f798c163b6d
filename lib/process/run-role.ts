import { setTimeout } from 'node:timers/promises'
import {
  readConfig,
  redactConfig,
  describeSettings,
  type Config,
  type Settings,
} from '../config/settings.ts'
import { processSettings } from '../config/common-settings.ts'
import { createLogger, type Logger } from '../telemetry/create-logger.ts'
import { Counter, createMetrics, type Registry } from '../telemetry/create-metrics.ts'
import { startHealthServer, type Readiness } from '../telemetry/health-server.ts'
import { IpsError } from '../errors/ips-error.ts'
import { roles, type RoleName } from '../topology.ts'
import {
  superviseComponent,
  type Component,
  type StartComponent,
  type Supervised,
  type Supervision,
} from './supervise-component.ts'

/** What a role gets. */
export interface RoleContext<S extends Settings> {
  readonly config: Config<S>
  readonly logger: Logger
  readonly metrics: Registry
  /** Ends the process non-zero: for a failure in the background that nothing here can mend. */
  readonly fail: (error: unknown) => void
  /** See `superviseComponent`: what fails in a component ends the process only where restarts do not help. */
  readonly supervise: <C extends Component>(
    name: string,
    start: StartComponent<C>,
  ) => Promise<Supervised<C>>
}

/** A role at work. */
export interface RunningRole {
  readiness(): Promise<Readiness> | Readiness
  /** Drains: takes nothing new, ends what is under way, closes everything. */
  stop(): Promise<void>
}

/** A role as its service declares it; `start` resolves when it takes work. */
export interface RoleDefinition<S extends Settings = Settings> {
  readonly name: RoleName
  readonly settings: S
  start(context: RoleContext<S>): Promise<RunningRole>
}

/** Declares a role, with the types of its settings. */
export function defineRole<S extends Settings>(definition: RoleDefinition<S>): RoleDefinition<S> {
  return definition
}

/** The base of the development set-up's ports. */
const defaultPortBase = 8080

/**
 * Runs a role as this process: reads its configuration, serves its health, starts it, and stops it on SIGTERM or SIGINT.
 * A second signal ends the process at once. An unexpected error ends it with 1 after it was logged; a bad configuration
 * with 78 (EX_CONFIG). With `--help` it prints the role's settings instead.
 */
export async function runRole<S extends Settings>(
  definition: RoleDefinition<S>,
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<void> {
  if (args.includes('--help')) {
    process.stdout.write(helpText(definition))
    return
  }
  const { common, config } = readOrExit(definition, environment, args)
  const logger = createLogger({ role: definition.name, level: common.logLevel })
  const metrics = createMetrics(definition.name)
  const fail = (error: unknown) => {
    logger.fatal({ error }, 'process.failed')
    process.exit(1)
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  const state: { running?: RunningRole } = {}
  const health = await startHealthServer({
    host: common.healthHost,
    port: common.healthPort ?? defaultPortBase + roles[definition.name].healthPortOffset,
    registry: metrics,
    readiness: () => state.running?.readiness() ?? { start: 'starting' },
  })
  stopOnSignals(logger, common.stopTimeoutMs, async () => {
    await state.running?.stop()
    await health.close()
  })
  logger.info({ config: redactConfig(definition.settings, config) }, 'process.starting')
  const supervision = createSupervision(logger, metrics, fail)
  state.running = await definition.start({
    ...{ config, logger, metrics, fail },
    supervise: (name, start) => superviseComponent(name, start, supervision),
  })
  logger.info({ healthPort: health.port }, 'process.started')
}

function readOrExit<S extends Settings>(
  definition: RoleDefinition<S>,
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
) {
  const given = args.includes('--synthetic') ? { ...environment, SYNTHETIC: 'true' } : environment
  try {
    return {
      common: readConfig(processSettings, given),
      config: readConfig(definition.settings, given),
    }
  } catch (error) {
    if (!(error instanceof IpsError)) throw error
    process.stderr.write(`${definition.name}: ${error.message}\n`)
    process.exit(78)
  }
}

function createSupervision(
  logger: Logger,
  metrics: Registry,
  fail: (error: unknown) => void,
): Supervision {
  const restarts = new Counter({
    name: 'ips_component_restarts_total',
    help: 'Restarts of parts of the process after a failure',
    labelNames: ['component'],
    registers: [metrics],
  })
  return {
    ...{ logger, fail, clock: Date.now },
    onRestart: (component) => restarts.inc({ component }),
    sleep: (ms) => setTimeout(ms, undefined, { ref: false }),
  }
}

function stopOnSignals(logger: Logger, timeoutMs: number, stop: () => Promise<void>): void {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130)
    stopping = true
    logger.info({ signal }, 'process.stopping')
    globalThis
      .setTimeout(() => {
        logger.error({ timeoutMs }, 'process.stop-timed-out')
        process.exit(1)
      }, timeoutMs)
      .unref()
    stop().then(
      () => {
        logger.info({}, 'process.stopped')
        process.exit(0)
      },
      (error: unknown) => {
        logger.fatal({ error }, 'process.stop-failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

function helpText(definition: RoleDefinition): string {
  const rows = describeSettings({ ...processSettings, ...definition.settings })
  const width = Math.max(...rows.map((row) => row.variable.length))
  const lines = rows.map(
    (row) => `  ${row.variable.padEnd(width)}  ${row.description} (default: ${row.fallback})`,
  )
  return `node main.ts ${definition.name}: ${roles[definition.name].purpose}\n\n${lines.join('\n')}\n`
}
