import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Client, Connection } from '@temporalio/client'
import { randomUUID } from 'node:crypto'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { maxConcurrency } from '../../../activities/delivery/create-lane.ts'
import { createWebhookSecret } from '../../../lib/token/webhook-secret.ts'
import { endpointIdOf } from '../../../workers/push/read-push-record.ts'
import { endpointWorkflowId } from '../../../workflows/messages.ts'
import { createPushFixture, createVisionRecord, type PushFixture } from '../../support/push.ts'
import type { RoleProcess } from '../../support/start-role.ts'
import { issueTestToken } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'
import { startWebhookSink, type SinkAnswer, type WebhookSink } from '../../support/webhook-sink.ts'

let fixture: PushFixture
let push: RoleProcess

beforeAll(async () => {
  fixture = await createPushFixture()
  push = await fixture.start()
})

afterAll(async () => {
  await push.stop()
  await fixture.drop()
})

/** A client with an endpoint, and the way for its messages. */
async function createClient(
  answer?: () => SinkAnswer,
  claim: Record<string, unknown> = {},
): Promise<{
  clientId: string
  secret: string
  sink: WebhookSink
  readonly send: (ids: readonly string[]) => Promise<void>
}> {
  const clientId = randomUUID()
  const secret = createWebhookSecret()
  const sink = await startWebhookSink(answer)
  const rights = { 'push-1': { url: sink.url, secret, ...claim } }
  const token = await issueTestToken(fixture.keys, { clientId, rights })
  return {
    clientId,
    secret,
    sink,
    send: (ids) =>
      fixture.kafka.send(
        'vision-1',
        ids.map((messageId) => createVisionRecord({ clientId, token, messageId })),
      ),
  }
}

const idsOf = (count: number) => Array.from({ length: count }, () => randomUUID())

describe('the push process', () => {
  test('delivers a message as a signed webhook, over connections that it keeps', async () => {
    const { sink, secret, send } = await createClient()
    const ids = idsOf(300)
    await send(ids)
    await sink.untilArrived(ids)
    expect(sink.received).toHaveLength(ids.length)
    for (const { headers, body } of sink.received) {
      const plain = headers as Record<string, string>
      expect(() => new StandardWebhook(secret).verify(body, plain)).not.toThrow()
      expect(() => new SvixWebhook(secret).verify(body, plain)).not.toThrow()
      expect(JSON.parse(body)).toMatchObject({
        type: 'ocr.v1m0.RecognizedText',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
        correlationId: 'case',
        imageId: '0123456789abcdef0123456789abcdef',
        data: { text: 'hello' },
      })
    }
    expect(sink.connections()).toBeLessThanOrEqual(maxConcurrency)
    await sink.close()
  })

  test('continues the trace of the message', async () => {
    const { sink, send } = await createClient()
    const ids = idsOf(1)
    await send(ids)
    await sink.untilArrived(ids)
    const { traceparent } = sink.received[0]?.headers ?? {}
    expect(traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
    await sink.close()
  })

  test('delivers a message that comes twice once', async () => {
    const { sink, send } = await createClient()
    const [first = '', last = ''] = idsOf(2)
    await send([first])
    await sink.untilArrived([first])
    await send([first, last])
    await sink.untilArrived([last])
    expect(sink.received.map(({ id }) => id)).toEqual([first, last])
    await sink.close()
  })

  test('delivers only the types that the claim names', async () => {
    const { clientId, sink, send } = await createClient(undefined, {
      types: ['vision.v1m0.ImageProcessed'],
    })
    const witness = await createClient()
    await send(idsOf(3))
    const ids = idsOf(1)
    await witness.send(ids)
    await witness.sink.untilArrived(ids)
    await untilCommitted()
    expect(sink.received).toEqual([])
    expect(clientId).not.toBe('')
    await Promise.all([sink.close(), witness.sink.close()])
  })

  test('lets a failing endpoint alone, which costs the others nothing, and comes back to it', async () => {
    const state = { isBroken: true }
    const failing = await createClient(() => ({ status: state.isBroken ? 503 : 204 }))
    const healthy = await createClient()
    const failingIds = idsOf(100)
    const healthyIds = idsOf(100)
    await failing.send(failingIds)
    await until('the endpoint has failed', () => failing.sink.received.length > 0)
    await healthy.send(healthyIds)
    await healthy.sink.untilArrived(healthyIds)
    expect(healthy.sink.received).toHaveLength(healthyIds.length)
    // Those that were under way together; then it is left alone.
    expect(failing.sink.received.length).toBeLessThanOrEqual(32)

    state.isBroken = false
    await failing.sink.untilArrived(failingIds)
    await Promise.all([failing.sink.close(), healthy.sink.close()])
  })

  test('puts a record that it cannot read aside, with the reason, and goes on', async () => {
    const { clientId, sink, send } = await createClient()
    const letters = await fixture.kafka.watch('dead-letter-1')
    const expired = await issueTestToken(fixture.keys, {
      clientId,
      issuedAt: new Date(Date.now() - 86_400_000),
      rights: { 'push-1': { url: sink.url, secret: createWebhookSecret() } },
    })
    const partition = 0
    const key = clientId
    await fixture.kafka.send('vision-1', [
      { key, partition, value: Buffer.from('garbage') },
      createVisionRecord({ clientId, token: 'no token', messageId: 'forged' }),
      createVisionRecord({ clientId, token: expired, messageId: 'late' }),
    ])
    const ids = idsOf(1)
    await send(ids)
    const records = await letters.until(
      (all) => all.filter((record) => record.key === clientId).length === 3,
    )
    const reasons = records.map(({ headers }) => headers['reason-code']?.toString())
    expect(reasons.toSorted()).toEqual(['envelope-malformed', 'token-expired', 'token-invalid'])
    await sink.untilArrived(ids)
    expect(sink.ids()).toEqual(new Set(ids))
    await sink.close()
  })

  test('ignores what nobody wants delivered, and commits it', async () => {
    const clientId = randomUUID()
    const none = await issueTestToken(fixture.keys, { clientId, rights: { 'ocr-*': true } })
    const malformed = await issueTestToken(fixture.keys, {
      clientId,
      rights: { 'push-1': { url: 'not a url' } },
    })
    await fixture.kafka.send(
      'vision-1',
      [none, malformed].map((token) =>
        createVisionRecord({ clientId, token, messageId: randomUUID() }),
      ),
    )
    await untilCommitted()
    const pool = await fixture.databases.createDatabase('ips_push', 'workers/push/schema')
    const { rows } = await pool.query('SELECT FROM endpoints WHERE client_id = $1', [clientId])
    expect(rows).toEqual([])
    expect(push.events).toContainEqual(
      expect.objectContaining({ event: 'claim.malformed', clientId }),
    )
  })

  test('keeps secrets out of histories, the journal and the log', async () => {
    const { clientId, secret, sink, send } = await createClient(() => ({ status: 500 }))
    const ids = idsOf(3)
    await send(ids)
    await until('the endpoint has failed', () => sink.received.length > 0)
    const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' })
    const client = new Client({ connection })
    const endpointId = endpointIdOf({ clientId, url: sink.url })
    const handle = client.workflow.getHandle(endpointWorkflowId({ clientId, endpointId }))
    const history = JSON.stringify(await handle.fetchHistory(), (_key, value: unknown) =>
      ArrayBuffer.isView(value)
        ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
        : value,
    )
    const description = await handle.describe()
    const pool = await fixture.databases.createDatabase('ips_push', 'workers/push/schema')
    const tables = ['endpoints', 'deliveries', 'cursors', 'outcomes']
    const dump = await Promise.all(
      tables.map((table) =>
        pool.query<{ row: string }>(`SELECT ${table}::text AS row FROM ${table}`),
      ),
    )
    const everything = [
      history,
      JSON.stringify(description.memo ?? {}),
      JSON.stringify(dump.map(({ rows }) => rows)),
      JSON.stringify(push.events),
    ].join('\n')
    expect(everything).toContain(endpointId)
    for (const form of formsOf(secret)) expect(everything).not.toContain(form)
    expect(description.typedSearchAttributes.getAll()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ value: clientId }),
        expect.objectContaining({ value: endpointId }),
      ]),
    )
    await handle.terminate('the test is over')
    await connection.close()
    await sink.close()
  })
})

/** A secret as it might stand in a text. */
function formsOf(secret: string): string[] {
  const bare = secret.slice('whsec_'.length)
  return [
    bare,
    Buffer.from(secret).toString('base64').slice(0, 40),
    Buffer.from(secret).toString('hex'),
    Buffer.from(bare, 'base64').toString('hex'),
  ]
}

/** Resolves when every record that was sent so far is committed. */
async function untilCommitted(): Promise<void> {
  await until('everything is committed', async () => {
    const committed = await fixture.kafka.committed('push', 'vision-1')
    const written = await fixture.kafka.written('vision-1')
    return [...written].every(([partition, end]) => (committed.get(partition) ?? 0n) >= end)
  })
}
