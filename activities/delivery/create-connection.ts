import { Client, type Dispatcher, type buildConnector } from 'undici'
import { cleanAnswer, maxAnswerBytes } from './clean-answer.ts'
import { isSuccess, type AttemptAnswer, type AttemptResult } from './classify-attempt.ts'
import { failureWord } from './failure-word.ts'

/** One POST. */
export interface OutgoingRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** One connection to an endpoint, made when it is needed and again when it was closed; for one request at a time. */
export interface Connection {
  /** POSTs; `onEnd` is called once, unless the connection is destroyed before. */
  post(request: OutgoingRequest): void
  /** What has been answered so far; `timeout` where nothing was. */
  resultSoFar(): AttemptResult
  destroy(): Promise<void>
}

/** What a connection needs. */
export interface ConnectionOptions {
  readonly origin: string
  readonly connector: buildConnector.connector
  /** The headers of the answer have come. */
  onAnswer(): void
  /** The body of the answer is longer than anybody needs. */
  onFlood(): void
  onEnd(result: AttemptResult): void
}

/** Of the answer's body this much is read, so that the connection can be used again. */
const maxBodyBytes = 64 * 1024
/** Of an answer's headers; more is nothing that a webhook's endpoint has to say. */
const maxHeaderBytes = 16 * 1024
/** How long an idle connection is kept. Servers close theirs after 5 s or more. */
const keepAliveMs = 4_000
/** RFC 9110, section 15: statuses below are interim. */
const lowestFinalStatus = 200

/** Errors of a kept connection that the other side had closed meanwhile. */
const staleConnectionWords = new Set(['connection-closed', 'ECONNRESET'])

/** Creates a connection that is not made yet. */
export function createConnection(options: ConnectionOptions): Connection {
  const { origin, connector, onAnswer, onFlood, onEnd } = options
  let request: OutgoingRequest | undefined
  let answer: AttemptAnswer | undefined
  let address: string | undefined
  /** Since the connection was made. */
  let answers = 0
  let bodyBytes = 0
  let firstBytes: Uint8Array[] = []

  const client = new Client(origin, {
    connect: (target, callback) =>
      connector(target, (...[error, socket]) => {
        address = socket?.remoteAddress
        answers = 0
        if (error === null) callback(null, socket)
        else callback(error, null)
      }),
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    maxHeaderSize: maxHeaderBytes,
    // Whoever posts keeps the time.
    headersTimeout: 0,
    bodyTimeout: 0,
  })

  const resultSoFar = (): AttemptResult => {
    if (answer === undefined) return { error: 'timeout', address }
    if (firstBytes.length === 0) return answer
    return { ...answer, answer: cleanAnswer(Buffer.concat(firstBytes)) }
  }
  const finish = (result: AttemptResult) => {
    request = undefined
    onEnd(result)
  }
  const fail = (error: unknown) => {
    if (request === undefined) return
    if (answer !== undefined) return finish(resultSoFar())
    const word = failureWord(error)
    if (answers === 0 || !staleConnectionWords.has(word)) return finish({ error: word, address })
    // The same id is sent again, over a new connection: an endpoint that did get the first one can tell.
    answers = 0
    queueMicrotask(dispatch)
  }
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => undefined,
    onResponseStart(_controller, status, headers) {
      // 102, 103 and their like only announce an answer.
      if (status < lowestFinalStatus) return
      const value = headers['retry-after']
      answers += 1
      answer = { status, retryAfter: Array.isArray(value) ? value[0] : value, address }
      onAnswer()
    },
    onResponseData(_controller, chunk) {
      if (answer !== undefined && bodyBytes < maxAnswerBytes && !isSuccess(answer.status))
        firstBytes.push(Uint8Array.from(chunk.subarray(0, maxAnswerBytes)))
      bodyBytes += chunk.byteLength
      if (bodyBytes > maxBodyBytes) onFlood()
    },
    onResponseEnd: () => finish(resultSoFar()),
    onResponseError: (_controller, error) => fail(error),
  }
  const dispatch = () => {
    if (request === undefined) return
    try {
      client.dispatch({ ...request, origin, method: 'POST' }, handler)
    } catch (error) {
      fail(error)
    }
  }
  return {
    post(posted) {
      request = posted
      answer = undefined
      bodyBytes = 0
      firstBytes = []
      // Until there is a connection nobody was spoken to.
      if (answers === 0) address = undefined
      dispatch()
    },
    resultSoFar,
    async destroy() {
      request = undefined
      await client.destroy()
    },
  }
}
