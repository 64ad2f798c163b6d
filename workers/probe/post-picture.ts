import { setTimeout } from 'node:timers/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** A POST is answered when Kafka has acknowledged: well within this. */
const requestTimeoutMs = 30_000
/** Without a `Retry-After`. */
const retryDelayMs = 1_000

/** What a POST needs. */
export interface PostTarget {
  /** The gateway, without a path. */
  readonly gatewayUrl: string
  token(): Promise<string>
  /** Called for each answer with its status, 0 where there was none. */
  onAnswer(status: number): void
}

/**
 * Posts a picture, and again after 429, 503 and lost connections, as long as `signal` allows. Returns its id. Throws
 * `IpsError('post-refused')` for any other answer, `IpsError('post-timed-out')` at the end, and what `token` throws where
 * that is not retryable.
 */
export async function postPicture(
  target: PostTarget,
  picture: { transactionId: string; images: number; content: Buffer },
  signal: AbortSignal,
): Promise<string> {
  const { transactionId, images, content } = picture
  const url = `${target.gatewayUrl}/ingest/v1/${transactionId}?images=${images}`
  while (!signal.aborted) {
    const answer = await post(url, target, content)
    target.onAnswer(answer.status)
    if (answer.status === 200) return imageIdOf(answer.body)
    if (![0, 429, 503].includes(answer.status)) {
      throw new IpsError('post-refused', `${answer.status} ${answer.body}`)
    }
    await setTimeout(answer.retryAfterMs, undefined, { signal }).catch(() => undefined)
  }
  throw new IpsError('post-timed-out', 'no POST was accepted in time')
}

async function post(url: string, target: PostTarget, content: Buffer) {
  try {
    const token = await target.token()
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new Uint8Array(content),
      signal: AbortSignal.timeout(requestTimeoutMs),
    })
    const retryAfterMs = Number(response.headers.get('retry-after') ?? NaN) * 1000 || retryDelayMs
    return { status: response.status, body: await response.text(), retryAfterMs }
  } catch (error) {
    if (error instanceof IpsError && !error.retryable) throw error
    return { status: 0, body: String(error), retryAfterMs: retryDelayMs }
  }
}

function imageIdOf(body: string): string {
  const { images } = JSON.parse(body) as { images?: { imageId?: string }[] }
  const imageId = images?.[0]?.imageId
  if (imageId === undefined) throw new IpsError('post-refused', `no image in ${body}`)
  return imageId
}
