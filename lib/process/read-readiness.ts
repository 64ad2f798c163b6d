import type { Readiness } from '../telemetry/health-server.ts'

/** What a role that consumes, works for Temporal and keeps a journal depends on. */
export interface Dependencies {
  readonly consumer: { isConnected(): boolean }
  readonly worker: { isRunning(): boolean }
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
    kafka: consumer.isConnected() ? 'ok' : 'not connected',
    temporal: worker.isRunning() ? 'ok' : 'the worker is not running',
    journal: await journal.check().then(
      () => 'ok',
      () => 'not reachable',
    ),
  }
}
