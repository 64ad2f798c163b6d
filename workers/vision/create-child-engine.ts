import { setTimeout } from 'node:timers/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { hashModelFiles, type HashedModel } from './hash-model-files.ts'
import type { InferenceEngine } from './inference-engine.ts'
import type { ChildReply, ChildSettings, ChildTask } from './inference-messages.ts'
import { startInferenceChild, type InferenceChild } from './start-inference-child.ts'
import { createTaskQueue, type QueuedTask, type TaskQueue } from './task-queue.ts'
import type { VisionMetrics } from './vision-metrics.ts'

/** What an engine of child processes needs. */
export interface ChildEngineOptions {
  readonly child: ChildSettings
  /** Names of the service's models, for `ImageProcessed.models`. */
  readonly models: readonly string[]
  /** How many children; one core each. */
  readonly size: number
  /** A child that takes longer for one task hangs. */
  readonly timeoutMs: number
  readonly metrics: VisionMetrics
  readonly logger: Logger
}

/** A child that ends before it has done anything is replaced after this time, and twice as much each further time. */
const firstBackOffMs = 250
const maxBackOffMs = 30_000

/** What the places for children share. */
interface Pool {
  readonly options: ChildEngineOptions
  readonly queue: TaskQueue<ChildTask, ChildReply>
  readonly stopping: AbortSignal
  /** Children that are ready. */
  readonly children: Set<InferenceChild>
  readonly onReady: (executionProvider: string) => void
  /** A child could not start, and no other will. */
  readonly onUnable: (error: unknown) => void
}

/**
 * Creates an engine of child processes, and waits for the first that is ready. A child that crashes or hangs is replaced.
 * Rejects with `IpsError('model-unavailable')` where models are missing or cannot be loaded.
 */
export async function createChildEngine(options: ChildEngineOptions): Promise<InferenceEngine> {
  const models = await hashModelFiles(options.child.modelsDirectory, options.models)
  const stopping = new AbortController()
  const first = Promise.withResolvers<string>()
  const description = { models, executionProvider: '' }
  const pool: Pool = {
    options,
    queue: createTaskQueue(),
    stopping: stopping.signal,
    children: new Set(),
    onReady(executionProvider) {
      description.executionProvider = executionProvider
      first.resolve(executionProvider)
    },
    onUnable: first.reject,
  }
  const places = Array.from({ length: options.size }, () => keepPlaceFilled(pool))
  const stop = async () => {
    stopping.abort()
    pool.queue.close()
    await Promise.all(places)
  }
  try {
    await first.promise
  } catch (error) {
    await stop()
    throw error
  }
  return createEngine(pool, description, stop)
}

function createEngine(
  { queue, children, options }: Pool,
  description: { readonly models: readonly HashedModel[]; readonly executionProvider: string },
  stop: () => Promise<void>,
): InferenceEngine {
  const perform = async (task: ChildTask, signal: AbortSignal) => {
    const replied = queue.add(task, signal)
    options.metrics.queued.set(queue.length)
    const reply = await replied.finally(() => options.metrics.queued.set(queue.length))
    if (reply.kind === 'failed') throw new IpsError(reply.code, reply.message)
    return reply
  }
  return {
    description,
    async infer(work, signal) {
      const reply = await perform({ kind: 'image', work }, signal)
      return reply.kind === 'results' ? reply.results : []
    },
    async ask(question, input, signal) {
      const reply = await perform({ kind: 'question', question, input }, signal)
      return reply.kind === 'answer' ? reply.answer : undefined
    },
    readiness: () => (children.size > 0 ? 'ok' : 'no child process is ready'),
    stop,
  }
}

/** Keeps one child at work until the pool stops. */
async function keepPlaceFilled(pool: Pool): Promise<void> {
  const { stopping, options } = pool
  let backOffMs = firstBackOffMs
  for (;;) {
    const child = startInferenceChild(options.child)
    const kill = () => child.kill()
    stopping.addEventListener('abort', kill, { once: true })
    const done = await runChild(pool, child)
    stopping.removeEventListener('abort', kill)
    child.kill()
    await child.ended
    if (isAborted(stopping)) return
    backOffMs = done > 0 ? firstBackOffMs : Math.min(backOffMs * 2, maxBackOffMs)
    await setTimeout(backOffMs, undefined, { signal: stopping }).catch(() => undefined)
    if (isAborted(stopping)) return
  }
}

/** A call, since the compiler takes a member that it has seen for constant. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

/** Gives tasks to a child until it ends; resolves with how many it did. */
async function runChild(pool: Pool, child: InferenceChild): Promise<number> {
  const { children, options, queue, stopping } = pool
  const { metrics, logger, timeoutMs } = options
  const gone = new AbortController()
  void child.ended.then(() => gone.abort())
  const over = AbortSignal.any([gone.signal, stopping])
  let done = 0
  try {
    pool.onReady(await child.ready)
    children.add(child)
    metrics.children.set(children.size)
    for (;;) {
      const queued = await queue.take(over)
      metrics.queued.set(queue.length)
      if (queued === undefined) break
      metrics.working.inc()
      await performTask(child, queued, timeoutMs).finally(() => metrics.working.dec())
      done += 1
    }
    throw new IpsError('inference-crashed', `the child ${await child.ended}`, { retryable: true })
  } catch (error) {
    if (stopping.aborted) return done
    if (!(error instanceof IpsError && error.retryable)) pool.onUnable(error)
    const code = error instanceof IpsError ? error.code : 'unknown'
    metrics.childrenLost.inc({ reason: code })
    logger.warn({ error, childPid: child.pid, tasks: done }, 'child.lost')
    return done
  } finally {
    children.delete(child)
    metrics.children.set(children.size)
  }
}

/** Rejects where the child was lost over the task; whoever queued it is told in any case. */
async function performTask(
  child: InferenceChild,
  queued: QueuedTask<ChildTask, ChildReply>,
  timeoutMs: number,
): Promise<void> {
  try {
    queued.resolve(await child.perform(queued.task, timeoutMs))
  } catch (error) {
    queued.reject(error)
    throw error
  }
}
