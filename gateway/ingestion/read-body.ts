import type { IncomingMessage } from 'node:http'
import { jitteredRetryAfter, type Random } from '../retry-after.ts'
import type { ByteLease } from './create-byte-budget.ts'
import { ingestionProblem } from './ingestion-problems.ts'

/** How much a body must move to be read on: `minBytes` in every window of `windowMs`, until it ends. */
export interface Pace {
  readonly windowMs: number
  readonly minBytes: number
}

/** How a body is read. */
export interface ReadBodyOptions {
  readonly maxBytes: number
  /** What a body over `maxBytes` is called. */
  readonly tooLarge: 'image-too-large' | 'multipart-too-large'
  /** Where its bytes are taken from as they arrive; the caller releases it. */
  readonly lease: ByteLease
  readonly pace: Pace
  readonly random: Random
}

/**
 * Reads a body into memory. Throws problems: `image-too-large` or `multipart-too-large` as soon as the size is known,
 * `overloaded` when the budget is used up, `upload-too-slow`, `body-incomplete`, `body-empty`. What has not been read then
 * is left in the socket.
 */
export async function readBody(
  message: IncomingMessage,
  options: ReadBodyOptions,
): Promise<Buffer> {
  const declared = Number(message.headers['content-length'] ?? 0)
  if (declared > options.maxBytes) throw tooLarge(options)
  const chunks = await collect(message, options)
  if (chunks.length === 0) throw ingestionProblem('body-empty', 'there is no image in the body')
  const [first] = chunks
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
}

function collect(message: IncomingMessage, options: ReadBodyOptions): Promise<Buffer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer[]>()
  const chunks: Buffer[] = []
  let received = 0
  let receivedBefore = 0
  const pace = setInterval(() => {
    if (received - receivedBefore < options.pace.minBytes) reject(tooSlow(options.pace))
    receivedBefore = received
  }, options.pace.windowMs)
  const onData = (chunk: Buffer) => {
    received += chunk.length
    if (received > options.maxBytes) reject(tooLarge(options))
    else if (options.lease.take(chunk.length)) chunks.push(chunk)
    else reject(overloaded(options.random))
  }
  const onEnd = () => resolve(chunks)
  const onClose = () => reject(ingestionProblem('body-incomplete', 'the connection was closed'))
  if (message.destroyed) onClose()
  message.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  return promise.finally(() => {
    clearInterval(pace)
    message.off('data', onData).off('end', onEnd).off('close', onClose)
    message.pause()
  })
}

function tooLarge({ tooLarge: code, maxBytes }: ReadBodyOptions) {
  return ingestionProblem(code, `at most ${maxBytes} bytes are accepted`)
}

function tooSlow({ windowMs, minBytes }: Pace) {
  return ingestionProblem(
    'upload-too-slow',
    `less than ${minBytes} bytes came in ${windowMs / 1000} s`,
  )
}

function overloaded(random: Random) {
  return ingestionProblem('overloaded', 'too many bytes are in flight', {
    headers: jitteredRetryAfter(random),
  })
}
