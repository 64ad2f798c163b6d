import type { buildConnector } from 'undici'
import type { AttemptResult } from './classify-attempt.ts'
import { createConnection, type Connection, type OutgoingRequest } from './create-connection.ts'
import { createTimeouts } from './create-timeouts.ts'

export type { OutgoingRequest } from './create-connection.ts'

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

/** A connection at work. */
interface Exchange {
  readonly connection: Connection
  settle: ((result: AttemptResult) => void) | undefined
}

/** Creates a sender. Close it at the end. */
export function createSender(options: SenderOptions): Sender {
  const { origin, connector, deadlineMs = defaultDeadlineMs } = options
  const all = new Set<Exchange>()
  // The last one used is the first one used again: those that are not needed any more fall idle and close.
  const idle: Exchange[] = []

  const settle = (exchange: Exchange, result: AttemptResult) => {
    deadlines.stop(exchange)
    graces.stop(exchange)
    const { settle } = exchange
    exchange.settle = undefined
    settle?.(result)
  }
  const giveUp = (exchange: Exchange) => {
    all.delete(exchange)
    const result = exchange.connection.resultSoFar()
    void exchange.connection.destroy()
    settle(exchange, result)
  }
  const deadlines = createTimeouts(deadlineMs, giveUp)
  const graces = createTimeouts(bodyGraceMs, giveUp)
  const create = (): Exchange => {
    const exchange: Exchange = {
      settle: undefined,
      connection: createConnection({
        origin,
        connector,
        onAnswer() {
          deadlines.stop(exchange)
          graces.start(exchange)
        },
        onFlood: () => giveUp(exchange),
        onEnd(result) {
          idle.push(exchange)
          settle(exchange, result)
        },
      }),
    }
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
      await Promise.all(
        [...all].map((exchange) => {
          settle(exchange, exchange.connection.resultSoFar())
          return exchange.connection.destroy()
        }),
      )
      all.clear()
      idle.length = 0
      deadlines.clear()
      graces.clear()
    },
  }
}
