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

/** Says of each dependency whether it can be worked with; answers in time also where one of them hangs. */
export async function readReadiness({
  consumer,
  worker,
  journal,
  keys,
}: Dependencies): Promise<Readiness> {
  const [journalState, keysState] = await Promise.all([
    answerOf(journal.check(), 'not reachable'),
    keys && answerOf(keys.check(), 'not usable'),
  ])
  return {
    kafka: consumer.current()?.isConnected() === true ? 'ok' : 'not connected',
    ...(worker === undefined
      ? {}
      : { temporal: worker.current()?.isRunning() === true ? 'ok' : 'the worker is not running' }),
    journal: journalState,
    ...(keysState === undefined ? {} : { keys: keysState }),
  }
}

/** Longer than any of them takes to say that it is away; a server that hangs says nothing. */
const answerTimeoutMs = 6_000

async function answerOf(check: Promise<void>, trouble: string): Promise<string> {
  const silence = Promise.withResolvers<string>()
  const timer = setTimeout(() => silence.resolve('does not answer'), answerTimeoutMs)
  const answer = check.then(
    () => 'ok',
    () => trouble,
  )
  try {
    return await Promise.race([answer, silence.promise])
  } finally {
    clearTimeout(timer)
  }
}
