import type { ServerResponse } from 'node:http'
import type { StreamSink } from './run-stream.ts'

/** A response that a stream is written to. */
export interface ResponseSink extends StreamSink {
  /** Closes as `stalled`, and cuts the connection. */
  cut(): void
}

/** Probes of a silent connection begin after so long: a peer that is gone is noticed by them or by the next heartbeat. */
const keepAliveDelayMs = 30_000

/**
 * Writes a stream as the body of a response, as fast as the client takes it. It closes as `gone` with the connection, and as
 * `stalled` when something has been waiting for `stallTimeoutMs` of which the client took not a byte, and brought none: the
 * connection is then cut. `onClose` is called once.
 */
export function createResponseSink(
  response: ServerResponse,
  { stallTimeoutMs, onClose }: { stallTimeoutMs: number; onClose: () => void },
): ResponseSink {
  let closed: string | undefined
  let wake: (() => void) | undefined
  const close = (reason: string) => {
    if (closed !== undefined) return
    closed = reason
    wake?.()
    onClose()
  }
  const cut = () => {
    close('stalled')
    response.destroy()
  }
  response.on('drain', () => wake?.())
  response.on('close', () => close('gone'))
  // What fails closes as well.
  response.on('error', () => undefined)
  // Node counts from the last byte that the connection took or brought; while nothing waits there is nothing to take.
  response.setTimeout(stallTimeoutMs, () => {
    if (response.writableLength > 0) cut()
  })
  response.socket?.setKeepAlive(true, keepAliveDelayMs)
  if (response.destroyed) close('gone')
  return {
    cut,
    closed: () => closed,
    async write(chunk) {
      if (closed !== undefined || response.write(chunk)) return
      await new Promise<void>((resolve) => (wake = resolve))
      wake = undefined
    },
  }
}
