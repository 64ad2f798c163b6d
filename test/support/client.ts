import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import {
  startReceiver,
  type Receiver,
  type ReceiverOptions,
} from '../../workers/probe/start-receiver.ts'
import type { System } from './system.ts'

/** A client of a system under test, with an endpoint of its own. */
export interface TestClient {
  readonly receiver: Receiver
  post(transactionId: string, image: Uint8Array, images?: number): Promise<{ imageId: string }>
}

/**
 * Creates a client by `racc` and starts its endpoint, which verifies every webhook with two independent libraries.
 * `claims` as `racc client create --claim` takes them; the default ones where there are none.
 */
export async function createTestClient(
  system: System,
  name: string,
  options: { claims?: readonly string[]; receiver?: ReceiverOptions } = {},
): Promise<TestClient> {
  const secret = { value: '' }
  const receiver = await startReceiver({
    ...options.receiver,
    verify(body, headers) {
      new StandardWebhook(secret.value).verify(body, headers)
      new SvixWebhook(secret.value).verify(body, headers)
    },
  })
  const claims = (options.claims ?? []).flatMap((claim) => ['--claim', claim])
  const output = await system.racc(
    'client',
    'create',
    name,
    '--webhook',
    receiver.url,
    ...claims,
    '--json',
  )
  secret.value = (JSON.parse(output) as { webhookSecret: string }).webhookSecret
  const token = (await system.racc('token', name)).trim()
  return {
    receiver,
    post: (transactionId, image, images) => post(system, token, transactionId, image, images),
  }
}

/** How often a POST that was not accepted is repeated, as a client would. */
const maxAttempts = 60
const attemptIntervalMs = 500

async function post(
  system: System,
  token: string,
  transactionId: string,
  image: Uint8Array,
  images: number | undefined,
): Promise<{ imageId: string }> {
  const query = images === undefined ? '' : `?images=${images}`
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`${system.url}/ingest/v1/${transactionId}${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: Buffer.from(image),
    }).catch((error: unknown) => ({ status: 0, text: () => Promise.resolve(String(error)) }))
    const answer = await response.text()
    if (response.status === 200) return firstImage(answer)
    const mayRepeat = response.status === 0 || response.status === 503
    if (!mayRepeat || attempt === maxAttempts) throw new Error(`${response.status}: ${answer}`)
    await new Promise((resolve) => setTimeout(resolve, attemptIntervalMs))
  }
}

function firstImage(answer: string): { imageId: string } {
  const [image] = (JSON.parse(answer) as { images: { imageId: string }[] }).images
  if (image === undefined) throw new Error(`no image in ${answer}`)
  return image
}
