import type { buildConnector } from 'undici'
import type { AttemptResult } from './classify-attempt.ts'
import { createConnection, type Connection, type OutgoingRequest } from './create-connection.ts'
import { createTimeouts } from './create-timeouts.ts'

/** Sends webhooks to one endpoint over connections that are kept and used again, and shared with no other endpoint. */
export interface Sender {
  /**
   * POSTs once (twice where a kept connection turns out to be closed) and follows no redirect. Never rejects: resolves
   * within the total deadline. The status decides; what the body does after it changes nothing. Opens a connection for
   * each of the requests that are under way at the same time: their number is for the caller to bound.
   */
  post(request: OutgoingRequest): Promise<AttemptResult>
  /** Ends every connection; what is under way ends as if its time were over. */
  close(): Promise<void>
}

/** What a sender needs. */
export interface SenderOptions {
  /** Scheme, host and port of the endpoint. */
  readonly origin: string
  readonly connector: buildConnector.connector
  /** From the call to the answer's headers; other than by the contract in tests only. */
  readonly deadlineMs?: number
}

/** What the contract gives an endpoint for its answer, headers included. */
const defaultDeadlineMs = 15_000
/** After its headers, a body has this long to end; then the connection is dropped. */
const bodyGraceMs = 1_000

/** A connection, and who waits for its answer. */
interface Exchange {
  readonly connection: Connection
  settle: ((result: AttemptResult) => void) | undefined
}

/** Creates a sender. Close it at the end. */
export function createSender(options: SenderOptions): Sender {
  const { deadlineMs = defaultDeadlineMs } = options
  const all = new Set<Exchange>()
  // The last one used is the first one used again: those that are not needed any more fall idle and close.
  const idle: Exchange[] = []

  const settle = (exchange: Exchange, result: AttemptResult) => {
    deadlines.stop(exchange)
    graces.stop(exchange)
    exchange.settle?.(result)
    exchange.settle = undefined
  }
  const giveUp = (exchange: Exchange) => {
    all.delete(exchange)
    settle(exchange, exchange.connection.resultSoFar())
    return exchange.connection.destroy()
  }
  const deadlines = createTimeouts<Exchange>(deadlineMs, (exchange) => void giveUp(exchange))
  const graces = createTimeouts<Exchange>(bodyGraceMs, (exchange) => void giveUp(exchange))

  const create = (): Exchange => {
    const connection = createConnection({
      ...options,
      onAnswer() {
        deadlines.stop(exchange)
        graces.start(exchange)
      },
      onFlood: () => void giveUp(exchange),
      onEnd(result) {
        idle.push(exchange)
        settle(exchange, result)
      },
    })
    const exchange: Exchange = { connection, settle: undefined }
    all.add(exchange)
    return exchange
  }
  return {
    post: (request) =>
      new Promise((resolve) => {
        const exchange = idle.pop() ?? create()
        exchange.settle = resolve
        deadlines.start(exchange)
        exchange.connection.post(request)
      }),
    async close() {
      idle.length = 0
      await Promise.all([...all].map(giveUp))
      deadlines.clear()
      graces.clear()
    },
  }
}
