import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { maxUnsettled } from '../../../activities/delivery/run-delivery.ts'
import { createWebhookSecret } from '../../../lib/token/webhook-secret.ts'
import { createPushFixture, createVisionRecord, type PushFixture } from '../../support/push.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { issueTestToken } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.ts'

/** A killed worker is noticed after the heartbeat time-out of 30 s, a killed consumer after its session's 30 s. */
jest.setTimeout(240_000)
const patienceMs = 180_000

let fixture: PushFixture
let sink: WebhookSink

beforeEach(async () => {
  fixture = await createPushFixture()
  sink = await startWebhookSink(async () => {
    await setTimeout(5)
    return { status: 204 }
  })
})

afterEach(async () => {
  await fixture.drop()
  await sink.close()
})

/** Sends so many messages of one client, over all partitions that it has. */
async function send(count: number): Promise<string[]> {
  const clientId = randomUUID()
  const rights = { 'push-1': { url: sink.url, secret: createWebhookSecret() } }
  const token = await issueTestToken(fixture.keys, { clientId, rights })
  const ids = Array.from({ length: count }, () => randomUUID())
  await fixture.kafka.send(
    'vision-1',
    ids.map((messageId, index) =>
      createVisionRecord({ clientId, token, messageId, correlationId: `case-${index % 20}` }),
    ),
  )
  return ids
}

/** How many webhooks were copies. */
function copies(): number {
  return sink.received.length - sink.ids().size
}

describe('a push process', () => {
  test('that is killed loses nothing, and repeats no more than was under way', async () => {
    const first = await fixture.start()
    const ids = await send(3_000)
    await until('a part has arrived', () => sink.received.length > 700)
    await first.stop('SIGKILL')
    expect(sink.received.length).toBeLessThan(ids.length)

    await fixture.start()
    await sink.untilArrived(ids, patienceMs)
    expect(sink.ids()).toEqual(new Set(ids))
    expect(copies()).toBeLessThanOrEqual(maxUnsettled)
  })

  test('that stops in order hands its endpoints to another one, without a copy', async () => {
    const first = await fixture.start()
    await fixture.start()
    const ids = await send(3_000)
    await until('a part has arrived', () => sink.received.length > 700)
    await first.stop('SIGTERM')
    // Well within the heartbeat time-out, or it would not be a hand-over.
    await sink.untilArrived(ids, 25_000)
    expect(copies()).toBe(0)
  })

  test('fills its journal while Temporal is away, and delivers when it is back', async () => {
    const proxy = await throughProxy('TEMPORAL_ADDRESS')
    proxy.cut()
    const push = await fixture.start({ TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` })
    const ids = await send(200)
    const pool = await fixture.databases.createDatabase('ips_push', 'workers/push/schema')
    await until('everything is in the journal', async () => {
      const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM deliveries')
      return Number(rows[0]?.count) === ids.length
    })
    expect(sink.received).toEqual([])
    proxy.mend()
    await sink.untilArrived(ids, patienceMs)
    expect(copies()).toBe(0)
    await push.stop()
    await proxy.close()
  })

  test('goes on delivering what it has while Temporal is away', async () => {
    const proxy = await throughProxy('TEMPORAL_ADDRESS')
    const push = await fixture.start({ TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` })
    const clientId = randomUUID()
    const rights = { 'push-1': { url: sink.url, secret: createWebhookSecret() } }
    const token = await issueTestToken(fixture.keys, { clientId, rights })
    const deliver = async (messageId: string) => {
      await fixture.kafka.send('vision-1', [createVisionRecord({ clientId, token, messageId })])
      await sink.untilArrived([messageId])
    }
    await deliver('before')
    proxy.cut()
    await deliver('meanwhile')
    proxy.mend()
    await deliver('afterwards')
    await push.stop()
    await proxy.close()
  })

  test('waits while PostgreSQL is away, and loses nothing', async () => {
    const url = new URL(fixture.databases.url)
    const proxy = await startTcpProxy(url.hostname, Number(url.port))
    url.host = `127.0.0.1:${proxy.port}`
    const push = await fixture.start({ POSTGRES_URL: url.toString() })
    const early = await send(1_000)
    await until('a part has arrived', () => sink.received.length > 100)
    proxy.cut()
    const late = await send(100)
    await until('the process has noticed', () =>
      push.events.some(({ event }) => event === 'journal-news.lost'),
    )
    proxy.mend()
    await sink.untilArrived([...early, ...late], patienceMs)
    expect(copies()).toBeLessThanOrEqual(maxUnsettled)
    await push.stop()
    await proxy.close()
  })
})

function throughProxy(variable: string) {
  const [host = '', port] = (process.env[variable] ?? '').split(':')
  return startTcpProxy(host, Number(port))
}
