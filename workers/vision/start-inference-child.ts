import { fork, type ChildProcess } from 'node:child_process'
import { inheritedEnvironment } from '../../lib/config/inherited-environment.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { ChildReply, ChildSettings, ChildTask } from './inference-messages.ts'

/** A child process that does one task at a time. */
export interface InferenceChild {
  readonly pid: number | undefined
  /** Where its models run. Rejects with `IpsError('model-unavailable')`, or retryable where it ended or was too slow. */
  readonly ready: Promise<string>
  /** Resolves with a sentence when the process has ended. */
  readonly ended: Promise<string>
  /**
   * Does a task. Throws `IpsError`: as `InferenceEngine.infer` says. A child that was lost over its task is no longer of
   * use; it has been killed.
   */
  perform(task: ChildTask, timeoutMs: number): Promise<ChildReply>
  kill(): void
}

const entry = new URL('./inference-child.ts', import.meta.url)
/** Loading models takes a second, and much longer on a machine that has just been started. */
const startTimeoutMs = 120_000

/** Starts a child process, which loads the models of its service. */
export function startInferenceChild(settings: ChildSettings): InferenceChild {
  const child = fork(entry, [JSON.stringify(settings)], {
    serialization: 'advanced',
    env: inheritedEnvironment(),
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = whenEnded(child)
  const exchange = createExchange(child, ended)
  return {
    pid: child.pid,
    ready: exchange(undefined, startTimeoutMs).then(toExecutionProvider),
    ended,
    perform: (task, timeoutMs) => exchange(task, timeoutMs),
    kill: () => void child.kill('SIGKILL'),
  }
}

/** The process has ended, and everything that it said has been read. */
async function whenEnded(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  child.once('error', (error) => resolve(error.message))
  child.once('exit', (code, signal) => {
    const how = `ended with ${signal ?? String(code)}`
    if (child.connected) child.once('disconnect', () => resolve(how))
    else resolve(how)
  })
  return promise
}

/** Sends a task, if there is one, and waits for the reply; kills the child when there is none in time. */
function createExchange(child: ChildProcess, ended: Promise<string>) {
  let current: PromiseWithResolvers<ChildReply> | undefined
  let end: IpsError | undefined
  child.on('message', (reply: ChildReply) => current?.resolve(reply))
  void ended.then((how) => {
    end = lost('inference-crashed', `the child ${how}`)
    current?.reject(end)
  })
  return async (task: ChildTask | undefined, timeoutMs: number): Promise<ChildReply> => {
    if (end !== undefined) throw end
    const replied = Promise.withResolvers<ChildReply>()
    current = replied
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      replied.reject(lost('inference-timed-out', `no reply within ${timeoutMs} ms`))
    }, timeoutMs)
    // A task that cannot be sent has found a child that is about to end.
    if (task !== undefined) child.send(task, (error) => error && child.kill('SIGKILL'))
    try {
      return await replied.promise
    } finally {
      clearTimeout(timer)
      current = undefined
    }
  }
}

function lost(code: string, message: string): IpsError {
  return new IpsError(code, message, { retryable: true })
}

function toExecutionProvider(reply: ChildReply): string {
  if (reply.kind === 'ready') return reply.executionProvider
  if (reply.kind === 'unable') throw new IpsError(reply.code, reply.message)
  throw new TypeError(`a child began with ${reply.kind}`)
}
