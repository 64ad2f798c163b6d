import { IpsError } from '../../lib/errors/ips-error.ts'

/** Work that waits for somebody to do it. */
export interface QueuedTask<Task, Reply> {
  readonly task: Task
  resolve(reply: Reply): void
  reject(error: unknown): void
}

/** Tasks in the order in which they came. */
export interface TaskQueue<Task, Reply> {
  readonly length: number
  /**
   * Queues a task; resolves or rejects with what becomes of it. Rejects with `IpsError('inference-cancelled')`, retryable,
   * where `signal` is aborted or the queue closed before somebody took it.
   */
  add(task: Task, signal: AbortSignal): Promise<Reply>
  /** The next task, as soon as there is one; `undefined` where `signal` is aborted first. */
  take(signal: AbortSignal): Promise<QueuedTask<Task, Reply> | undefined>
  /** Rejects everything that waits or comes. */
  close(): void
}

/** Creates an empty queue. */
export function createTaskQueue<Task, Reply>(): TaskQueue<Task, Reply> {
  const waiting = new Set<QueuedTask<Task, Reply>>()
  const takers = new Set<() => void>()
  let closed = false
  return {
    get length() {
      return waiting.size
    },
    add(task, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Reply>()
      if (closed || signal.aborted) return Promise.reject(cancelled())
      const cancel = () => {
        if (waiting.delete(queued)) reject(cancelled())
      }
      const queued = { task, resolve, reject }
      waiting.add(queued)
      signal.addEventListener('abort', cancel, { once: true })
      wakeOne(takers)
      return promise.finally(() => signal.removeEventListener('abort', cancel))
    },
    async take(signal) {
      for (;;) {
        if (signal.aborted) {
          // It may have been woken for a task that another must do now.
          if (waiting.size > 0) wakeOne(takers)
          return undefined
        }
        const [queued] = waiting
        if (queued !== undefined) {
          waiting.delete(queued)
          return queued
        }
        await waitForTask(takers, signal)
      }
    },
    close() {
      closed = true
      for (const queued of waiting) queued.reject(cancelled())
      waiting.clear()
    },
  }
}

function wakeOne(takers: Set<() => void>): void {
  const [wake] = takers
  wake?.()
}

function waitForTask(takers: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      takers.delete(wake)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    takers.add(wake)
    signal.addEventListener('abort', wake, { once: true })
  })
}

function cancelled(): IpsError {
  return new IpsError('inference-cancelled', 'the work is no longer wanted', { retryable: true })
}
