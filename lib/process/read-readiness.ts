import type { Readiness } from '../telemetry/health-server.ts'

/** A component that may be restarting: see `superviseComponent`. */
interface Watched<C> {
  current(): C | undefined
}

/** What a role that consumes, works for Temporal and keeps a journal depends on. */
export interface Dependencies {
  readonly consumer: Watched<{ isConnected(): boolean }>
  readonly worker: Watched<{ isRunning(): boolean }>
  /** Rejects where it cannot be reached. */
  readonly journal: { check(): Promise<void> }
}

/** Says of each dependency whether it can be worked with. */
export async function readReadiness({
  consumer,
  worker,
  journal,
}: Dependencies): Promise<Readiness> {
  return {
    kafka: consumer.current()?.isConnected() === true ? 'ok' : 'not connected',
    temporal: worker.current()?.isRunning() === true ? 'ok' : 'the worker is not running',
    journal: await journal.check().then(
      () => 'ok',
      () => 'not reachable',
    ),
  }
}
