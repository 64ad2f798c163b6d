import { Agent, type Dispatcher, type buildConnector } from 'undici'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { AttemptResult } from './classify-attempt.ts'

/** One POST. */
export interface OutgoingRequest {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends webhooks over connections that are kept and used again: those of one endpoint, which shares them with no other. */
export interface Sender {
  /**
   * POSTs once (twice where a kept connection turns out to be closed) and follows no redirect. Never rejects: resolves
   * within the total deadline. The status decides; what the body does after it changes nothing.
   */
  post(request: OutgoingRequest): Promise<AttemptResult>
  /** Ends every connection. */
  close(): Promise<void>
}

/** How a sender may differ from the contract: in tests only. */
export interface SenderOptions {
  readonly connector: buildConnector.connector
  /** From the call to the answer's headers. */
  readonly deadlineMs?: number
}

/** Whatever a claim says, requests side by side to one endpoint: it must not take all sockets of a process. */
export const maxConcurrency = 64
/** What the contract gives an endpoint for its answer, headers included. */
const defaultDeadlineMs = 15_000
/** Of the answer's body this much is read, so that the connection can be used again; more drops it. */
const maxBodyBytes = 64 * 1024
/** After its headers, a body has this long to end; then the connection is dropped. */
const bodyGraceMs = 1_000
/** How long an idle connection is kept. Servers close theirs after 5 s or more. */
const keepAliveMs = 4_000

/** RFC 9110, section 15: statuses below are interim. */
const lowestFinalStatus = 200

/** Errors of a kept connection that the other side had closed meanwhile. */
const staleConnectionErrors = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** Creates a sender for one endpoint. Close it at the end. */
export function createSender({ connector, deadlineMs = defaultDeadlineMs }: SenderOptions): Sender {
  const agent = new Agent({
    connect: connector,
    // One for each request of an endpoint: none waits for another's connection, and loses of its deadline.
    connections: maxConcurrency,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    // The sender keeps the time itself: these only end what it has given up.
    headersTimeout: deadlineMs,
    bodyTimeout: deadlineMs,
  })
  return {
    async post(request) {
      const deadlineAt = performance.now() + deadlineMs
      const result = await postOnce(agent, request, deadlineAt)
      // The same id is sent again: an endpoint that did get the first one can tell.
      const stale = 'error' in result && staleConnectionErrors.has(result.error)
      return stale && performance.now() < deadlineAt
        ? await postOnce(agent, request, deadlineAt)
        : result
    },
    close: () => agent.destroy(),
  }
}

function postOnce(
  agent: Agent,
  { origin, path, headers, body }: OutgoingRequest,
  deadlineAt: number,
): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const exchange = createExchange(resolve, deadlineAt)
    try {
      agent.dispatch({ origin, path, method: 'POST', headers, body }, exchange)
    } catch (error) {
      exchange.fail(error)
    }
  })
}

/** Follows one request: its answer, its end, its deadline. Settles exactly once. */
function createExchange(
  settle: (result: AttemptResult) => void,
  deadlineAt: number,
): Dispatcher.DispatchHandler & { fail(error: unknown): void } {
  let answer: AttemptResult | undefined
  let controller: Dispatcher.DispatchController | undefined
  let bodyBytes = 0
  let ended = false
  const end = (result: AttemptResult) => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    settle(result)
  }
  const giveUp = () => {
    end(answer ?? { error: 'timeout' })
    controller?.abort(new IpsError('request-abandoned', 'the endpoint took too long'))
  }
  let timer = setTimeout(giveUp, Math.max(0, deadlineAt - performance.now()))
  return {
    onRequestStart(started) {
      controller = started
      // It was given up while it waited for a connection: it must not be sent any more.
      if (ended) giveUp()
    },
    onResponseStart(_controller, status, headers) {
      // 102, 103 and their like only announce an answer: the deadline is for the one that follows.
      if (status < lowestFinalStatus) return
      const retryAfter = headers['retry-after']
      answer = { status, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter }
      clearTimeout(timer)
      timer = setTimeout(giveUp, bodyGraceMs)
    },
    onResponseData(_controller, chunk) {
      bodyBytes += chunk.byteLength
      if (bodyBytes > maxBodyBytes) giveUp()
    },
    onResponseEnd: () => end(answer ?? { error: 'no-answer' }),
    onResponseError: (_controller, error) => end(answer ?? { error: errorCode(error) }),
    fail: (error) => end({ error: errorCode(error) }),
  }
}

/** A stable word: the code of the error, or of the first one of several tries. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown'
}
