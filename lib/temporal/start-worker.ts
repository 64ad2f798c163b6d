import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type NativeConnection,
  type WorkerOptions as SdkWorkerOptions,
} from '@temporalio/worker'
import type { Logger } from '../telemetry/create-logger.ts'
import { bundleWorkflows } from './bundle-workflows.ts'
import { connectWorker, type TemporalOptions } from './connect-temporal.ts'

/** What a worker serves. */
export interface WorkerOptions extends TemporalOptions {
  readonly taskQueue: string
  /** The folder or file with the workflows' code, where this worker runs workflows. */
  readonly workflowsPath?: string
  readonly activities: object
  /** Long activities that may run side by side in this process. */
  readonly maxConcurrentActivities: number
  /** Further bounds, where the SDK's are not right: workflows that stay in memory, activities within workflow tasks. */
  readonly bounds?: Pick<
    SdkWorkerOptions,
    'maxCachedWorkflows' | 'maxConcurrentLocalActivityExecutions'
  >
  /** After a stop, activities may go on for this long before they are cancelled for good. */
  readonly shutdownGraceTimeMs: number
  readonly logger: Logger
  /** The worker cannot go on: end the process. */
  onCrash(error: unknown): void
}

/** A worker that is running, or waiting for Temporal to be there. */
export interface RunningWorker {
  isRunning(): boolean
  /** Resolves when activities and workflow tasks have ended. */
  stop(): Promise<void>
}

/** Sends the SDK's own log to the process's logger. Call once per process, before the first worker. */
export function installTemporalRuntime(logger: Logger): void {
  Runtime.install({
    // Signals are the process's own affair: see lib/process.
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const event = { ...meta, detail: message, component: 'temporal' }
      if (level === 'ERROR') logger.error(event, 'temporal.reported')
      else logger.warn(event, 'temporal.reported')
    }),
    // The native part would write lines of its own, which are no JSON, to the standard output.
    telemetryOptions: {
      logging: {
        forward: {},
        filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }),
      },
    },
  })
}

/**
 * Starts a worker in the background; it connects as soon as Temporal is there, so that the process does its other work
 * meanwhile.
 */
export function startWorker(options: WorkerOptions): RunningWorker {
  const stopping = new AbortController()
  const state: { worker?: Worker } = {}
  const done = run(options, stopping.signal, state).catch((error: unknown) => {
    if (!stopping.signal.aborted) options.onCrash(error)
  })
  return {
    isRunning: () => state.worker?.getState() === 'RUNNING',
    async stop() {
      stopping.abort()
      await done
    },
  }
}

/** Connects and runs, again where Temporal goes away between the two; resolves when the worker has been shut down. */
async function run(
  options: WorkerOptions,
  signal: AbortSignal,
  state: { worker?: Worker },
): Promise<void> {
  for (;;) {
    const connection = await connectWorker(options.address, signal)
    try {
      const worker = await createWorker(options, connection, signal)
      state.worker = worker
      await runUntilAborted(worker, signal)
      return
    } catch (error) {
      if (state.worker !== undefined || !isConnectionLost(error)) throw error
      options.logger.warn({ error }, 'temporal.lost')
    } finally {
      await connection.close()
    }
  }
}

/** The SDK keeps the class of this error to itself. */
function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && error.name === 'TransportError'
}

async function runUntilAborted(worker: Worker, signal: AbortSignal): Promise<void> {
  // A worker that was created must run before it can be shut down, or its connection cannot be closed.
  const running = worker.run()
  const shutDown = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  if (signal.aborted) shutDown()
  else signal.addEventListener('abort', shutDown, { once: true })
  await running
}

async function createWorker(
  options: WorkerOptions,
  connection: NativeConnection,
  signal: AbortSignal,
): Promise<Worker> {
  const { workflowsPath } = options
  const workflowBundle =
    workflowsPath === undefined ? undefined : await bundleWorkflows(workflowsPath, signal)
  return Worker.create({
    connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    activities: options.activities,
    ...(workflowBundle === undefined ? {} : { workflowBundle }),
    ...options.bounds,
    maxConcurrentActivityTaskExecutions: options.maxConcurrentActivities,
    shutdownGraceTime: options.shutdownGraceTimeMs,
  })
}
