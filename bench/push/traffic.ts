import { setTimeout } from 'node:timers/promises'
import type { OutgoingRecord } from '../../lib/kafka/create-producer.ts'
import { createWebhookSecret } from '../../lib/token/webhook-secret.ts'
import { createVisionRecord, type PushFixture } from '../../test/support/push.ts'
import { issueTestToken } from '../../test/support/tokens.ts'
import { machineMs } from './machine-clock.ts'

/** Makes a webhook's body 1 KiB. */
const messageText = 'x'.repeat(780)
/** Transactions: enough to reach every partition of every client. */
const correlationIds = 1_000
/** About a MiB: the cost of a request is little beside that of its records. */
const recordsPerSend = 500
/** At a high rate the records of this time go together: a send costs the bench and the broker half a ms. */
const tickMs = 4
/** Sends under way at once, at a steady rate: beyond it the broker is what is measured. */
const maxSends = 64

/** A client's endpoint. */
export interface Endpoint {
  readonly clientId: string
  readonly url: string
  readonly token: string
}

/** A message that was not written yet. */
export interface Message {
  readonly id: string
  readonly record: OutgoingRecord
}

/** When each message was written: just before the call that publishes it. In ms of `machineMs`. */
export type WrittenAt = ReadonlyMap<string, number>

/** Writes messages to Kafka. */
export type Send = (messages: readonly Message[]) => Promise<void>

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

/** Writes as fast as the broker takes it. */
export async function publishAll(send: Send, messages: readonly Message[]): Promise<WrittenAt> {
  const writtenAt = new Map<string, number>()
  for (let start = 0; start < messages.length; start += recordsPerSend) {
    await publish(send, messages.slice(start, start + recordsPerSend), writtenAt)
  }
  return writtenAt
}

/** Writes so many messages a second, those of a few ms together. */
export async function publishSteadily(
  send: Send,
  messages: readonly Message[],
  perSecond: number,
): Promise<WrittenAt> {
  const writtenAt = new Map<string, number>()
  const running = new Set<Promise<void>>()
  const startedAt = machineMs()
  for (let sent = 0; sent < messages.length;) {
    const due = Math.floor(((machineMs() - startedAt) * perSecond) / 1_000) + 1
    if (due > sent) {
      const written = publish(send, messages.slice(sent, due), writtenAt)
      running.add(written)
      void written.finally(() => running.delete(written)).catch(() => undefined)
      sent = due
    }
    if (running.size >= maxSends) await Promise.race(running)
    await setTimeout(Math.max(tickMs, startedAt + (sent * 1_000) / perSecond - machineMs()))
  }
  await Promise.all(running)
  return writtenAt
}

async function publish(
  send: Send,
  messages: readonly Message[],
  writtenAt: Map<string, number>,
): Promise<void> {
  const now = machineMs()
  for (const { id } of messages) writtenAt.set(id, now)
  await send(messages)
}
