import { IpsError } from '../errors/ips-error.ts'
import type { Logger } from '../telemetry/create-logger.ts'

/** A part of a process that can be ended and started afresh by itself. */
export interface Component {
  /** Ends it, whatever state it is in. */
  stop(): Promise<void> | void
}

/** Starts a component; `onCrash` is called when it cannot go on. */
export type StartComponent<C extends Component> = (
  onCrash: (error: unknown) => void,
) => C | Promise<C>

/** A component that is kept alive. */
export interface Supervised<C extends Component> {
  /** `undefined` while it is being restarted. */
  current(): C | undefined
  /** Ends it for good. */
  stop(): Promise<void>
}

/** What supervision needs of its process. */
export interface Supervision {
  readonly logger: Logger
  /** Ends the process. */
  readonly fail: (error: unknown) => void
  readonly onRestart: (component: string) => void
  /** In ms. */
  readonly clock: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** A component that fails again after so many restarts is not helped by another: the whole process starts afresh. */
export const maxRestarts = 3
/** Restarts are counted over this time: longer than they take, pauses and time-outs of servers included. */
export const restartWindowMs = 300_000
/** Before the first restart of the window; doubled for each further one. */
const firstPauseMs = 1_000
/** What cannot be ended by then hangs: only the end of the process ends it. */
const stopTimeoutMs = 30_000

/**
 * Starts a component and keeps it alive: whenever its start rejects or it crashes, it is ended and started again after a pause.
 * Resolves when it has started once. A failure after `maxRestarts` within the window is the process's: this rejects with
 * `IpsError('component-failing')`, or gives it to `fail` where the component had started.
 */
export async function superviseComponent<C extends Component>(
  name: string,
  start: StartComponent<C>,
  supervision: Supervision,
): Promise<Supervised<C>> {
  const state: { current?: C | undefined; hasStarted: boolean; isStopping: boolean } = {
    hasStarted: false,
    isStopping: false,
  }
  const isStopping = () => state.isStopping
  const started = Promise.withResolvers<undefined>()
  const stopped = Promise.withResolvers<undefined>()

  /** Runs the component once; resolves with its failure, or when it is to end for good. */
  const runOnce = async (): Promise<unknown> => {
    const crashed = Promise.withResolvers<unknown>()
    const component = await start((error) => crashed.resolve(error))
    state.current = component
    state.hasStarted = true
    started.resolve(undefined)
    const error = await Promise.race([crashed.promise, stopped.promise])
    state.current = undefined
    if (isStopping()) await component.stop()
    else await endInTime(name, component, error, supervision.logger)
    return error
  }
  const run = async () => {
    const restartTimes: number[] = []
    while (!isStopping()) {
      const error = await runOnce().catch((failure: unknown) => {
        if (isStopping()) throw failure
        return failure
      })
      if (isStopping()) return
      const pauseMs = noteRestart(name, error, restartTimes, supervision)
      await Promise.race([supervision.sleep(pauseMs), stopped.promise])
    }
  }
  const ended = run()
  ended.catch((error: unknown) => {
    if (!state.hasStarted) started.reject(error)
    else if (!isStopping()) supervision.fail(error)
  })
  await started.promise
  return {
    current: () => state.current,
    async stop() {
      state.isStopping = true
      stopped.resolve(undefined)
      await ended
    },
  }
}

/** Notes a restart, and says how long to wait before it. Throws where there were too many. */
function noteRestart(
  name: string,
  error: unknown,
  times: number[],
  { clock, logger, onRestart }: Supervision,
): number {
  const now = clock()
  times.push(now)
  while ((times[0] ?? now) <= now - restartWindowMs) times.shift()
  const restarts = times.length
  if (restarts > maxRestarts || isHanging(error)) {
    throw new IpsError('component-failing', `${name} is not helped by a restart`, { cause: error })
  }
  logger.error({ error, component: name, restarts }, 'component.restarting')
  onRestart(name)
  return firstPauseMs * 2 ** (restarts - 1)
}

/** Ends what has crashed. Throws `IpsError('component-hanging')` where that takes too long. */
async function endInTime(
  name: string,
  component: Component,
  error: unknown,
  logger: Logger,
): Promise<void> {
  const timedOut = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const message = `${name} cannot be ended after its crash`
    timedOut.reject(new IpsError('component-hanging', message, { cause: error }))
  }, stopTimeoutMs)
  const end = async () => component.stop()
  const ended = end().catch((stopError: unknown) => {
    // What it could not close is left to the end of the process.
    logger.warn({ error: stopError, component: name }, 'component.stop-failed')
  })
  await Promise.race([ended, timedOut.promise]).finally(() => clearTimeout(timer))
}

function isHanging(error: unknown): boolean {
  return error instanceof IpsError && error.code === 'component-hanging'
}
