import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { createKafka } from '../../../lib/kafka/create-kafka.ts'
import { createWebhookSecret } from '../../../lib/token/webhook-secret.ts'
import { topics } from '../../../lib/topology.ts'
import { endpointIdOf } from '../../../workers/push/read-push-record.ts'
import type { EndpointDeliveryInput } from '../../../workflows/messages.ts'
import { endpointStartOptions, type StartOptions } from '../../../workflows/start-options.ts'
import { createVisionRecord, type PushFixture } from '../../support/push.ts'
import { issueTestToken } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'
import type { ReceivedWebhook, WebhookSink } from '../../support/webhook-sink.ts'

/** A client with an endpoint at a sink. */
export interface TestEndpoint {
  readonly clientId: string
  readonly endpointId: string
  readonly path: string
  /** Of the workflow that delivers to it. */
  readonly workflowId: string
  /** With what that is started. */
  readonly start: StartOptions<EndpointDeliveryInput>
  /** Sends so many messages, over all partitions that the client has; resolves with their ids. */
  send(count: number): Promise<string[]>
}

/** Creates a client with an endpoint of its own path; `claim` is added to its right to webhooks. */
export async function createTestEndpoint(
  { kafka, keys }: PushFixture,
  sink: WebhookSink,
  claim: Readonly<Record<string, unknown>> = {},
): Promise<TestEndpoint> {
  const clientId = randomUUID()
  const url = `${sink.url}/${clientId}`
  const rights = { 'push-1': { url, secret: createWebhookSecret(), ...claim } }
  const token = await issueTestToken(keys, { clientId, rights })
  const endpointId = endpointIdOf({ clientId, url })
  const start = endpointStartOptions({ clientId, endpointId, host: new URL(url).host })
  return {
    clientId,
    endpointId,
    path: new URL(url).pathname,
    workflowId: start.workflowId,
    start,
    async send(count) {
      const ids = Array.from({ length: count }, () => randomUUID())
      await kafka.send(
        topics.vision.name,
        ids.map((messageId, index) =>
          createVisionRecord({ clientId, token, messageId, correlationId: `case-${index % 20}` }),
        ),
      )
      return ids
    },
  }
}

/** The ids of the messages that a webhook brought, whether it is a batch or not. */
export function messageIdsOf({ id, body }: ReceivedWebhook): string[] {
  const content = JSON.parse(body) as unknown
  return Array.isArray(content) ? content.map(({ id: message }: { id: string }) => message) : [id]
}

/** What arrived at an endpoint: the ids of messages, copies included, and what differs between copies of a webhook. */
export function arrivedAt(sink: WebhookSink, { path }: TestEndpoint) {
  const webhooks = sink.received.filter((webhook) => webhook.path === path)
  const bodies = new Map<string, Set<string>>()
  for (const { id, body } of webhooks) bodies.set(id, (bodies.get(id) ?? new Set()).add(body))
  const messages = webhooks.flatMap(messageIdsOf)
  const distinct = new Set(messages)
  return {
    distinct,
    copies: messages.length - distinct.size,
    changed: [...bodies].filter(([, versions]) => versions.size > 1).map(([id]) => id),
  }
}

/** Resolves when all of an endpoint's messages have arrived. */
export async function untilArrivedAt(
  sink: WebhookSink,
  endpoint: TestEndpoint,
  ids: readonly string[],
  timeoutMs?: number,
): Promise<void> {
  const hasAll = () => {
    const { distinct } = arrivedAt(sink, endpoint)
    return ids.every((id) => distinct.has(id))
  }
  await until(`${ids.length} messages`, hasAll, timeoutMs)
}

/** Resolves when the group has committed all that was written to it. */
export async function untilAllCommitted({ kafka }: PushFixture, timeoutMs?: number): Promise<void> {
  await until(
    'everything is committed',
    async () => {
      const written = await kafka.written(topics.vision.name)
      const committed = await kafka.committed('push', topics.vision.name)
      return [...written].every(([partition, end]) => committed.get(partition) === end)
    },
    timeoutMs,
  )
}

/** The group of push as the broker has it. */
export async function describePushGroup({ kafka }: PushFixture) {
  const admin = createKafka(kafka.options).admin()
  await admin.connect()
  try {
    const { groups } = await admin.describeGroups([`${kafka.options.topicPrefix}push`])
    const [group] = groups
    return { state: group?.state, members: group?.members.map(({ memberId }) => memberId) }
  } finally {
    await admin.disconnect()
  }
}

/** The running delivery of an endpoint as Temporal has it. */
export interface RunningDelivery {
  /** How often it was begun: again after each failure, 0 where none runs. */
  readonly attempts: number
  /** When Temporal heard of it last; ms since the epoch. */
  readonly heardAtMs: number
}

/** Asks Temporal. */
export async function describeDelivery({ workflowId }: TestEndpoint): Promise<RunningDelivery> {
  const address = process.env['TEMPORAL_ADDRESS'] ?? ''
  const connection = await Connection.connect({ address })
  try {
    const { raw } = await new Client({ connection }).workflow.getHandle(workflowId).describe()
    const [activity] = raw.pendingActivities ?? []
    const heardAtMs = Number(activity?.lastHeartbeatTime?.seconds ?? 0) * 1_000
    return { attempts: activity?.attempt ?? 0, heardAtMs }
  } finally {
    await connection.close()
  }
}
