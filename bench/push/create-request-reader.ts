const headEnd = '\r\n\r\n'
/** More than push ever sends: what is larger is no request of it. */
const maxHeadBytes = 16 * 1024

/** Takes the bytes of one connection, in pieces of any size. Throws where they are no requests with a `content-length`. */
export type RequestReader = (piece: Buffer) => void

/**
 * Creates a reader of HTTP/1.1 requests with a `content-length`, one after the other, which calls on with the head of each
 * (request line and headers) as soon as its body has ended. It knows no chunked bodies and no trailers, takes names of headers
 * for lower case, as push writes them, and checks nothing: it costs a fraction of what a whole server does, so that what is
 * measured is the sender.
 */
export function createRequestReader(onRequest: (head: string) => void): RequestReader {
  let rest: Buffer = Buffer.alloc(0)
  return (piece) => {
    let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    for (;;) {
      const headBytes = bytes.indexOf(headEnd)
      if (headBytes === -1) break
      const head = bytes.toString('latin1', 0, headBytes)
      const end = headBytes + headEnd.length + contentLengthOf(head)
      if (bytes.length < end) break
      bytes = bytes.subarray(end)
      onRequest(head)
    }
    if (bytes.length > maxHeadBytes && bytes.indexOf(headEnd) === -1) throw new Error('no request')
    rest = bytes
  }
}

/** The value of a header whose name is written in lower case; empty where there is none. */
export function headerOf(head: string, name: string): string {
  const start = head.indexOf(`\r\n${name}:`)
  if (start === -1) return ''
  const from = start + name.length + 3
  const end = head.indexOf('\r\n', from)
  return head.slice(from, end === -1 ? undefined : end).trim()
}

function contentLengthOf(head: string): number {
  const length = Number(headerOf(head, 'content-length') || NaN)
  if (!Number.isSafeInteger(length) || length < 0) throw new Error('no content-length')
  return length
}
