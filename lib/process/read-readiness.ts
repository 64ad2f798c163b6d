import type { Readiness } from '../telemetry/health-server.ts'

/** A component that may be restarting: see `superviseComponent`. */
interface Watched<C> {
  current(): C | undefined
}

/** What a role that consumes and keeps a journal depends on. */
export interface Dependencies {
  readonly consumer: Watched<{ isConnected(): boolean }>
  /** Of a role that works for Temporal. */
  readonly worker?: Watched<{ isRunning(): boolean }>
  /** Rejects where it cannot be reached. */
  readonly journal: { check(): Promise<void> }
  /** With which the role seals what it keeps, if it does: rejects where none of them can be used. */
  readonly keys?: { check(): Promise<void> }
}

/** Says of each dependency whether it can be worked with. */
export async function readReadiness({
  consumer,
  worker,
  journal,
  keys,
}: Dependencies): Promise<Readiness> {
  return {
    kafka: consumer.current()?.isConnected() === true ? 'ok' : 'not connected',
    ...(worker === undefined
      ? {}
      : { temporal: worker.current()?.isRunning() === true ? 'ok' : 'the worker is not running' }),
    journal: await answerOf(journal.check(), 'not reachable'),
    ...(keys === undefined ? {} : { keys: await answerOf(keys.check(), 'not usable') }),
  }
}

function answerOf(check: Promise<void>, trouble: string): Promise<string> {
  return check.then(
    () => 'ok',
    () => trouble,
  )
}
