/** Gives a request to the next run and resolves with its own result. */
export type Coalescer<Request, Result> = (request: Request) => Promise<Result>

/** How requests are brought together. */
export interface CoalescerOptions<Request, Result> {
  /** Serves requests in their order; the results are in the same order. */
  readonly run: (requests: readonly Request[]) => Promise<readonly Result[]>
  /** Requests of one run at most. */
  readonly maxRequests: number
  /** Between the starts of two runs at least: what comes meanwhile goes together. */
  readonly intervalMs?: number
}

interface Waiting<Request, Result> {
  readonly request: Request
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Brings requests of many callers together: while one run is under way, others wait and go together with the next. So load
 * makes the runs larger, not more. Where a run fails, its requests and all that wait are rejected: a later request never
 * succeeds where an earlier one has failed.
 */
export function createCoalescer<Request, Result>({
  run,
  maxRequests,
  intervalMs = 0,
}: CoalescerOptions<Request, Result>): Coalescer<Request, Result> {
  let waiting: Waiting<Request, Result>[] = []
  let isRunning = false

  const runAll = async () => {
    isRunning = true
    while (waiting.length > 0) {
      const startedAt = performance.now()
      const batch = waiting.splice(0, maxRequests)
      try {
        const results = await run(batch.map(({ request }) => request))
        batch.forEach(({ resolve }, index) => resolve(results[index] as Result))
      } catch (error) {
        for (const { reject } of [...batch, ...waiting]) reject(error)
        waiting = []
      }
      const restMs = intervalMs - (performance.now() - startedAt)
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs))
    }
    isRunning = false
  }

  return (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject })
      if (!isRunning) {
        isRunning = true
        // The callers of this turn of the event loop come together.
        queueMicrotask(() => void runAll())
      }
    })
}
