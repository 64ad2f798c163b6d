import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** What ingestion said of a file. */
export interface Receipt {
  readonly file: string
  readonly imageId: string
  readonly mimeType: string
  readonly width: number
  readonly height: number
  readonly bytes: number
}

/** What is posted, and as whom. */
export interface PostImagesOptions {
  /** The gateway, without a path. */
  readonly baseUrl: string
  readonly token: string
  readonly transactionId: string
  /** How many images the transaction will have; not announced where it is absent. */
  readonly images?: number
  readonly files: readonly string[]
  readonly onReceipt: (receipt: Receipt) => void
}

/** A POST that may be repeated is repeated so often; a client that is over its rate waits about a second each time. */
const maxAttempts = 10
/** The gateway gives up a request after two minutes: what takes longer gets no answer any more. */
export const postTimeoutMs = 150_000
/** Whoever waits at a terminal does not want to wait longer between two attempts. */
const maxRetryAfterSeconds = 30

/**
 * Posts files as images of one transaction, one after the other. Repeats what the system could not take at the moment, as a
 * client should. Throws `IpsError('file-unreadable')` before anything is posted, or `IpsError('post-refused')` with what
 * ingestion said of the first file that it refused.
 */
export async function postImages(options: PostImagesOptions): Promise<Receipt[]> {
  const receipts: Receipt[] = []
  for (const { file, content } of await Promise.all(options.files.map(read))) {
    const receipt = { ...(await postImage(file, content, options)), file: path.basename(file) }
    options.onReceipt(receipt)
    receipts.push(receipt)
  }
  return receipts
}

async function read(file: string): Promise<{ file: string; content: Buffer }> {
  try {
    return { file, content: await readFile(file) }
  } catch (cause) {
    throw new IpsError('file-unreadable', `${file} cannot be read`, { cause })
  }
}

async function postImage(
  file: string,
  content: Buffer,
  { baseUrl, token, transactionId, images }: PostImagesOptions,
): Promise<Omit<Receipt, 'file'>> {
  const query = images === undefined ? '' : `?images=${images}`
  const url = `${baseUrl}/ingest/v1/${encodeURIComponent(transactionId)}${query}`
  for (let attempt = 1; ; attempt += 1) {
    const response = await post(url, token, content)
    const answer = await response.text()
    if (response.status === 200) {
      const { images: accepted } = JSON.parse(answer) as { images: Omit<Receipt, 'file'>[] }
      const [image] = accepted
      if (image !== undefined) return image
    }
    const retryAfterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN)
    if (Number.isNaN(retryAfterSeconds) || attempt === maxAttempts) {
      throw new IpsError('post-refused', `${file}: ${response.status} ${reasonOf(answer)}`)
    }
    await setTimeout(Math.min(retryAfterSeconds, maxRetryAfterSeconds) * 1000)
  }
}

async function post(url: string, token: string, body: Buffer): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(postTimeoutMs),
    })
  } catch (cause) {
    throw new IpsError('gateway-unreachable', `${new URL(url).origin} does not answer: is it up?`, {
      retryable: true,
      cause,
    })
  }
}

/** What a problem document (RFC 9457) says; the answer itself where it is none. */
function reasonOf(answer: string): string {
  try {
    const { title, code, detail } = JSON.parse(answer) as Record<string, string | undefined>
    return title === undefined ? answer : `${title} (${code ?? ''}): ${detail ?? ''}`
  } catch {
    return answer
  }
}
