import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * A client that writes everything before it reads gets its answer if it has no more than this to write: the largest body
 * that any service takes, and some more, so that what is too large by a little learns so.
 */
const maxDiscardedBytes = 40 * 1024 * 1024
/** And if nobody knows who it is, the largest image. */
const maxStrangerDiscardedBytes = 8 * 1024 * 1024
/** For so long the answer may be fetched before the connection is cut. */
const lingerMs = 2_000

/**
 * Prepares for an answer that comes before the request's body has been read: the connection is closed behind it. Until then
 * a bounded rest of the body is thrown away, since closing over unread bytes resets the connection, and may take the answer
 * with it. Call before the answer is sent.
 */
export function refuseBody(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
): void {
  if (!isUnderWay(request) || response.headersSent) return
  response.setHeader('connection', 'close')
  discard(request, status === 401 ? maxStrangerDiscardedBytes : maxDiscardedBytes)
  const { socket } = request
  // Node calls this when the answer has been written, and would close over the unread bytes.
  socket.destroySoon = () => {
    socket.end()
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    request.once('end', () => socket.destroy())
    socket.once('close', () => clearTimeout(timer))
  }
}

/** Whether there is a body that has not arrived to its end. */
function isUnderWay({ headers, complete, destroyed }: IncomingMessage): boolean {
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
  return hasBody && !complete && !destroyed
}

function discard(request: IncomingMessage, maxBytes: number): void {
  // With a listener of ours Node does not throw away the whole rest by itself.
  if (Number(request.headers['content-length']) > maxBytes) {
    request.on('data', () => request.pause())
    request.pause()
    return
  }
  let discarded = 0
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length
    if (discarded > maxBytes) request.pause()
  })
  request.resume()
}
