import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { traceIdOf } from '../../lib/telemetry/trace-context.ts'
import type { StreamRight } from './authorise-stream.ts'
import { createBell } from './create-bell.ts'
import { createResponseSink } from './create-response-sink.ts'
import type { StreamMetrics } from './create-stream-metrics.ts'
import type { StreamPlaces } from './create-stream-places.ts'
import { createTokenBucket } from './create-token-bucket.ts'
import { encodeLine } from './encode-line.ts'
import { encodeProtobuf } from './encode-protobuf.ts'
import type { StreamMediaType } from './negotiate-format.ts'
import type { StreamRequest } from './read-stream-request.ts'
import { runStream, type Stream, type StreamDependencies } from './run-stream.ts'
import type { EncodeBatch } from './stream-batch.ts'

/** What serving a stream needs. */
export interface ServeDependencies extends Omit<StreamDependencies, 'onSent' | 'onFailure'> {
  readonly places: StreamPlaces
  readonly metrics: StreamMetrics
  readonly logger: Logger
  readonly date: () => Date
  readonly stallTimeoutMs: number
}

/** A stream that may begin. */
export interface GrantedStream {
  readonly right: StreamRight
  readonly mediaType: StreamMediaType
  readonly asked: StreamRequest
  /** The offset that it begins behind. */
  readonly position: bigint
}

const encoders: Readonly<Record<StreamMediaType, EncodeBatch>> = {
  'application/x-ndjson': encodeLine,
  'application/x-protobuf': encodeProtobuf,
}

/**
 * Answers a request with a stream, and resolves when that has ended; one log event says how. Throws the problems of
 * `StreamPlaces`, before anything is written.
 */
export async function serveStream(
  request: FastifyRequest,
  reply: FastifyReply,
  granted: GrantedStream,
  deps: ServeDependencies,
): Promise<void> {
  const { raw: response } = reply
  const bell = createBell()
  let ending: string | undefined
  const place = deps.places.take(granted.right.clientId, {
    end() {
      ending = 'restart'
      bell.ring()
    },
    cut: () => response.destroy(),
  })
  beginResponse(reply, granted.mediaType)
  const sink = createResponseSink(response, { ...deps, onClose: () => bell.ring() })
  const stream = { ...createStream(granted, deps), bell, sink, ending: () => ending }
  // Whoever takes nothing may keep a connection alive by sending something: not for longer than this.
  const latestEnd = deps.alarms.add(() => sink.cut())
  latestEnd.set(stream.expiresAtMs + deps.stallTimeoutMs)
  const startedAtMs = deps.now()
  const sent = { messages: 0, bytes: 0 }
  const { reason, lastOffset } = await runStream(stream, {
    ...deps,
    onSent(batch, bytes) {
      sent.messages += batch.messages.length
      sent.bytes += bytes
      deps.metrics.onSent(batch, bytes)
    },
    onFailure(error, clientId) {
      deps.metrics.onFailure()
      deps.logger.warn({ error, clientId }, 'stream.failed')
    },
  })
  latestEnd.remove()
  place.leave()
  response.end()
  deps.metrics.onEnd(reason)
  const event = {
    ...{ clientId: stream.clientId, mediaType: granted.mediaType, ...sent, reason },
    position: granted.position.toString(),
    lastOffset: lastOffset.toString(),
    durationMs: Math.round(deps.now() - startedAtMs),
    traceId: traceIdOf(request.traceparent),
  }
  deps.logger.info(event, 'stream.ended')
}

/** From here on the response is the stream's alone. */
function beginResponse(reply: FastifyReply, mediaType: StreamMediaType): void {
  reply.hijack()
  reply.headers({
    'content-type': mediaType,
    'cache-control': 'no-store',
    // So that no proxy collects lines.
    'x-accel-buffering': 'no',
    // Nothing comes after a stream: its end is seen at once, and an orderly stop waits for no idle connection.
    connection: 'close',
  })
  reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders)
}

function createStream(
  { right, asked, mediaType, position }: GrantedStream,
  { now, date }: ServeDependencies,
): Omit<Stream, 'bell' | 'sink' | 'ending'> {
  const maxRate = Math.min(asked.maxRate ?? Infinity, right.maxRate ?? Infinity)
  return {
    clientId: right.clientId,
    position,
    maxBatch: asked.maxBatch,
    filters: asked.filters,
    bucket: createTokenBucket(maxRate, now),
    expiresAtMs: now() + right.expiresAt.getTime() - date().getTime(),
    encode: encoders[mediaType],
  }
}
