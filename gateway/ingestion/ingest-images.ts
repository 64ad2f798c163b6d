import type { IncomingMessage } from 'node:http'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { jitteredRetryAfter, retryAfterMs, type Random } from '../retry-after.ts'
import type { IngestRight } from './authorise-ingest.ts'
import type { ByteBudget, ByteLease } from './create-byte-budget.ts'
import type { Publisher } from './create-publisher.ts'
import type { RateLimiter } from './create-rate-limiter.ts'
import { identifyImages, type IdentifiedImage, type PostContext } from './ingest-envelopes.ts'
import { ingestionProblem } from './ingestion-problems.ts'
import { isMultipart } from './parse-multipart.ts'
import { readBody, type Pace } from './read-body.ts'
import { maxParts, maxPostBytes, readImages, type PostedImage } from './read-images.ts'

/** 8 MiB: what fits into a record with its token and envelope. */
export const maxImageBytes = 8 * 1024 * 1024
/** Boundaries and headers of the parts, besides the images. */
const maxMultipartOverheadBytes = maxParts * 2 * 1024
/** The largest body that is ever taken. */
export const maxBodyBytes = maxPostBytes + maxMultipartOverheadBytes

/** What ingesting needs. */
export interface IngestDependencies {
  readonly budget: ByteBudget
  readonly rates: RateLimiter
  readonly publisher: Publisher
  readonly pace: Pace
  readonly produceTimeoutMs: number
  readonly random: Random
}

/** A POST that was admitted. */
export interface Post {
  readonly message: IncomingMessage
  readonly contentType: string | undefined
  readonly right: IngestRight
  readonly context: PostContext
}

/**
 * Reads the body of an admitted POST, inspects its images and writes them; resolves when Kafka has acknowledged all of
 * them. Throws problems. The body's bytes stay within the budget until nothing needs them any more, which may be after a
 * time-out was answered.
 */
export async function ingestImages(
  post: Post,
  deps: IngestDependencies,
): Promise<IdentifiedImage[]> {
  const lease = deps.budget.lease(post.right.clientId)
  let written: Promise<void> = Promise.resolve()
  try {
    const images = identifyImages(await receive(post, lease, deps), post.context)
    takeFurtherImages(post.right, images.length, deps)
    const signal = AbortSignal.timeout(deps.produceTimeoutMs)
    written = deps.publisher.publish(images, post.context, signal)
    await acknowledged(written, signal, deps.random)
    return images
  } finally {
    void written.catch(() => undefined).finally(() => lease.release())
  }
}

async function receive(
  { message, contentType, right }: Post,
  lease: ByteLease,
  { pace, random }: IngestDependencies,
): Promise<PostedImage[]> {
  const maxBytes = Math.min(right.claim.maxBytes ?? maxImageBytes, maxImageBytes)
  const limits = isMultipart(contentType)
    ? { maxBytes: maxBodyBytes, tooLarge: 'multipart-too-large' as const }
    : { maxBytes, tooLarge: 'image-too-large' as const }
  const body = await readBody(message, { ...limits, lease, pace, random })
  return readImages(body, { contentType, maxBytes })
}

/** The first image was taken from the client's rate before the body was read. */
function takeFurtherImages(
  { clientId, claim }: IngestRight,
  images: number,
  { rates }: IngestDependencies,
): void {
  if (claim.imagesPerSecond === undefined || images < 2) return
  const waitMs = rates.take(clientId, images - 1, claim.imagesPerSecond)
  if (waitMs === 0) return
  rates.giveBack(clientId, 1)
  const detail = `${images} images at once are over ${claim.imagesPerSecond} images a second`
  throw ingestionProblem('rate-exceeded', detail, { headers: retryAfterMs(waitMs) })
}

/** Waits for the acknowledgement, as long as the signal allows. */
async function acknowledged(
  written: Promise<void>,
  signal: AbortSignal,
  random: Random,
): Promise<void> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([written, timeout])
  } catch (cause) {
    const expected = signal.aborted || (cause instanceof IpsError && cause.retryable)
    if (!expected) throw cause
    const headers = jitteredRetryAfter(random)
    throw ingestionProblem('kafka-unavailable', 'Kafka did not acknowledge', { headers, cause })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
