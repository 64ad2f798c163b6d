import { request as requestByHttp, type IncomingMessage } from 'node:http'
import { request as requestByHttps } from 'node:https'
import { FirehoseError } from './firehose-error.ts'

/** A request for a stream. */
export interface StreamRequest {
  /** The gateway, without a path. */
  readonly url: string
  readonly token: string
  readonly body: object
  readonly signal: AbortSignal
}

const mediaType = 'application/x-ndjson'
/** The server answers at once, or says that it cannot. */
const answerTimeoutMs = 30_000
/** Probes of a silent connection begin after so long. */
const keepAliveDelayMs = 30_000
/** Problem documents are much smaller; what a proxy answers may be anything. */
const maxProblemBytes = 64 * 1024
/** Statuses below 500 that pass: the server is busy, or the client has its places elsewhere. */
const passingStatuses = [408, 409, 425, 429]

/**
 * Asks for a stream; resolves when it begins. Throws `FirehoseError`: with the code of the server's problem document, as
 * `answer-unknown` for an answer that is none, or as `connection-failed`.
 */
export async function openStream(request: StreamRequest): Promise<IncomingMessage> {
  const response = await send(request)
  const { statusCode: status = 0, headers } = response
  if (status !== 200) throw await readProblem(response)
  if (headers['content-type']?.startsWith(mediaType) === true) return response
  response.destroy()
  const type = headers['content-type'] ?? 'no type'
  throw new FirehoseError('answer-unknown', `the answer is ${type}, not ${mediaType}`, { status })
}

function send({ url, token, body, signal }: StreamRequest): Promise<IncomingMessage> {
  const target = new URL('/firehose/v1', url)
  const request = target.protocol === 'https:' ? requestByHttps : requestByHttp
  return new Promise((resolve, reject) => {
    const outgoing = request(target, {
      method: 'POST',
      headers: {
        accept: mediaType,
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      // A connection of its own: it lasts as long as the stream.
      agent: false,
      signal,
    })
    outgoing.setSocketKeepAlive(true, keepAliveDelayMs)
    outgoing.setTimeout(answerTimeoutMs, () => outgoing.destroy(new Error('no answer')))
    outgoing.on('response', (response) => {
      outgoing.setTimeout(0)
      resolve(response)
    })
    outgoing.on('error', (cause) => {
      const message = `${target.origin}: ${cause.message}`
      reject(new FirehoseError('connection-failed', message, { retryable: true, cause }))
    })
    outgoing.end(JSON.stringify(body))
  })
}

/** What an answer other than 200 says. */
async function readProblem(response: IncomingMessage): Promise<FirehoseError> {
  const { statusCode: status = 0, statusMessage = '' } = response
  const problem = parseProblem(await readText(response))
  const { code = 'answer-unknown', title = statusMessage, detail, oldestOffset } = problem
  return new FirehoseError(
    code,
    `${status} ${detail === undefined ? title : `${title}: ${detail}`}`,
    {
      retryable: status >= 500 || passingStatuses.includes(status),
      retryAfterMs: readRetryAfter(response.headers['retry-after']),
      ...{ status, oldestOffset },
    },
  )
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxProblemBytes) break
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(chunks).toString()
}

/** RFC 9457, with the members of this system; nothing where it is none. */
function parseProblem(text: string): {
  code?: string
  title?: string
  detail?: string
  oldestOffset?: string
} {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}

/** In ms; RFC 9110, section 10.2.3: seconds, or a time. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
