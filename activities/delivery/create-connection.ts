import { Client, type Dispatcher, type buildConnector } from 'undici'
import type { AttemptResult } from './classify-attempt.ts'
import { createAnswerReader, type AnswerReader } from './create-answer-reader.ts'
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
  readonly onAnswer: () => void
  /** The body of the answer is longer than anybody needs. */
  readonly onFlood: () => void
  readonly onEnd: (result: AttemptResult) => void
}

/** Of an answer's headers; more is nothing that a webhook's endpoint has to say. */
const maxHeaderBytes = 16 * 1024
/** How long an idle connection is kept. Servers close theirs after 5 s or more. */
const keepAliveMs = 4_000
const clientOptions: Client.Options = {
  pipelining: 1,
  keepAliveTimeout: keepAliveMs,
  keepAliveMaxTimeout: keepAliveMs,
  maxHeaderSize: maxHeaderBytes,
  // Whoever posts keeps the time.
  headersTimeout: 0,
  bodyTimeout: 0,
}

/** Errors of a kept connection that the other side had closed meanwhile. */
const staleConnectionWords = new Set(['connection-closed', 'ECONNRESET'])

/** Creates a connection that is not made yet. */
export function createConnection(options: ConnectionOptions): Connection {
  const { origin, onAnswer, onFlood, onEnd } = options
  const reader = createAnswerReader()
  let request: OutgoingRequest | undefined
  let address: string | undefined
  /** It has answered since it was made. */
  let isKept = false

  const connect: buildConnector.connector = (target, callback) =>
    options.connector(target, (...outcome) => {
      address = outcome[1]?.remoteAddress
      isKept = false
      callback(...outcome)
    })
  const client = new Client(origin, { ...clientOptions, connect })
  const end = (result: AttemptResult) => {
    request = undefined
    onEnd(result)
  }
  const fail = (error: unknown) => {
    if (request === undefined) return
    const word = failureWord(error)
    const answer = reader.result(address)
    if (answer !== undefined || !isKept || !staleConnectionWords.has(word)) {
      end(answer ?? { error: word, address })
      return
    }
    // The same id is sent again, over a new connection: an endpoint that did get the first one can tell.
    isKept = false
    queueMicrotask(dispatch)
  }
  const resultSoFar = () => reader.result(address) ?? { error: 'timeout', address }
  const handler = createHandler(reader, {
    onAnswer() {
      isKept = true
      onAnswer()
    },
    onFlood,
    onEnd: () => end(resultSoFar()),
    onFailure: fail,
  })
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
      reader.restart()
      // Until there is a connection nobody was spoken to.
      if (!isKept) address = undefined
      dispatch()
    },
    resultSoFar,
    async destroy() {
      request = undefined
      await client.destroy()
    },
  }
}

/** What the client tells of the request that is under way. */
function createHandler(
  reader: AnswerReader,
  tell: Pick<ConnectionOptions, 'onAnswer' | 'onFlood'> & {
    readonly onEnd: () => void
    readonly onFailure: (error: unknown) => void
  },
): Dispatcher.DispatchHandler {
  return {
    onRequestStart: () => undefined,
    onResponseStart(_controller, status, headers) {
      if (reader.readHead(status, headers)) tell.onAnswer()
    },
    onResponseData(_controller, chunk) {
      if (!reader.readBody(chunk)) tell.onFlood()
    },
    onResponseEnd: () => tell.onEnd(),
    onResponseError: (_controller, error) => tell.onFailure(error),
  }
}
