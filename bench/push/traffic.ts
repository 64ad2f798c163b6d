import { createWebhookSecret } from '../../lib/token/webhook-secret.ts'
import { createVisionRecord, type PushFixture } from '../../test/support/push.ts'
import { issueTestToken } from '../../test/support/tokens.ts'
import type { Message } from '../publish.ts'

/** Makes a webhook's body 1 KiB. */
const messageText = 'x'.repeat(780)
/** Transactions: enough to reach every partition of every client. */
const correlationIds = 1_000

/** A client's endpoint. */
export interface Endpoint {
  readonly clientId: string
  readonly url: string
  readonly token: string
}

/** Creates clients with an endpoint each, whose URL is `url`, a slash and the client's id. */
export function createEndpoints(
  { keys }: PushFixture,
  options: { readonly name: string; readonly count: number; readonly url: string },
): Promise<Endpoint[]> {
  return Promise.all(
    Array.from({ length: options.count }, async (_, index) => {
      const clientId = `${options.name}-${index}`
      const url = `${options.url}/${clientId}`
      const rights = { 'push-1': { url, secret: createWebhookSecret() } }
      return { clientId, url, token: await issueTestToken(keys, { clientId, rights }) }
    }),
  )
}

/** Creates messages for endpoints in turn; `name`, a dash and a number are their ids. */
export function createMessages(
  endpoints: readonly Endpoint[],
  name: string,
  count: number,
): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const endpoint = endpoints[index % endpoints.length]
    if (endpoint === undefined) throw new Error('no endpoints')
    const id = `${name}-${index}`
    const correlationId = `case-${index % correlationIds}`
    const message = { ...endpoint, messageId: id, correlationId, text: messageText }
    return { id, record: createVisionRecord(message) }
  })
}
