import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { createAddressPolicy } from '../../../activities/delivery/create-address-policy.ts'
import type { AttemptEvent } from '../../../activities/delivery/attempt-message.ts'
import { createConnector } from '../../../activities/delivery/create-connector.ts'
import { mostRefusals } from '../../../activities/delivery/create-refusal-window.ts'
import { createSender, type Sender } from '../../../activities/delivery/create-sender.ts'
import { createSigner } from '../../../activities/delivery/create-signer.ts'
import type { DeliveryJournal } from '../../../activities/delivery/delivery-journal.ts'
import {
  defaultConcurrency,
  type DeliveryResult,
  type DeliveryRunOptions,
} from '../../../activities/delivery/delivery-run.ts'
import { runDelivery } from '../../../activities/delivery/run-delivery.ts'
import type { EndpointRow } from '../../../workers/push/journal/append-deliveries.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../support/push-journal.ts'
import { until } from '../../support/until.ts'
import {
  startWebhookSink,
  type ReceivedWebhook,
  type SinkAnswer,
  type WebhookSink,
} from '../../support/webhook-sink.ts'

let test_: TestPushJournal
let sender: Sender
const sinks: WebhookSink[] = []

beforeAll(async () => {
  test_ = await createTestPushJournal()
  sender = createSender({ connector: createConnector(createAddressPolicy(['127.0.0.0/8'])) })
})

afterEach(async () => {
  await Promise.all(sinks.splice(0).map((sink) => sink.close()))
})

afterAll(async () => {
  await sender.close()
  await test_.drop()
})

interface Fixture {
  readonly sink: WebhookSink
  readonly endpoint: EndpointRow
  readonly events: AttemptEvent[]
  append(ids: readonly string[]): Promise<void>
  run(options?: Partial<DeliveryRunOptions>): Promise<DeliveryResult>
  /** The states of the messages by their id. */
  outcomes(): Promise<Record<string, string>>
}

/** An endpoint with its sink, and runs over its journal that fall asleep at once. */
async function createFixture(
  answer?: (webhook: ReceivedWebhook) => SinkAnswer | Promise<SinkAnswer>,
  claim: { maxConcurrency?: number; maxRate?: number } = {},
): Promise<Fixture> {
  const sink = await startWebhookSink(answer)
  sinks.push(sink)
  const endpoint = test_.createEndpoint({ url: sink.url, ...claim })
  const { endpointId } = endpoint
  const events: AttemptEvent[] = []
  return {
    sink,
    endpoint,
    events,
    async append(ids) {
      await test_.journal.append(ids.map((id) => createDelivery(endpoint, id)))
    },
    async run(options = {}) {
      const owner = randomUUID()
      const claimed = await test_.journal.claim(endpointId, owner)
      if (claimed === undefined) throw new Error('no such endpoint')
      return runDelivery({
        journal: test_.journal,
        sender,
        signer: createSigner(claimed),
        endpointId,
        endpoint: claimed,
        url: new URL(claimed.url),
        owner,
        probe: false,
        userAgent: 'ips/test',
        lingerMs: 0,
        stop: new AbortController().signal,
        clock: Date.now,
        onAttempt: (event) => void events.push(event),
        ...options,
      })
    },
    async outcomes() {
      const { rows } = await test_.pool.query<{ message_id: string; state: string | null }>(
        `SELECT message_id, state FROM deliveries LEFT JOIN outcomes USING (endpoint_id, position)
         WHERE endpoint_id = $1`,
        [endpointId],
      )
      return Object.fromEntries(rows.map((row) => [row.message_id, row.state ?? 'pending']))
    },
  }
}

const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `message-${index}`)
const allAre = (ids: readonly string[], state: string) =>
  Object.fromEntries(ids.map((id) => [id, state]))

describe('a delivery', () => {
  test('sends everything once, settles it and falls asleep', async () => {
    const fixture = await createFixture()
    const ids = idsOf(500)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 500, refused: 0 })
    expect(fixture.sink.received).toHaveLength(500)
    expect(fixture.sink.ids()).toEqual(new Set(ids))
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'delivered'))
    const last = await test_.pool.query<{ at_end: boolean }>(
      `SELECT cursors.position = (SELECT max(position) FROM deliveries WHERE endpoint_id = $1) AS at_end
       FROM cursors WHERE endpoint_id = $1`,
      [fixture.endpoint.endpointId],
    )
    expect(last.rows).toEqual([{ at_end: true }])
  })

  test('names what it sends', async () => {
    const fixture = await createFixture()
    await fixture.append(['one'])
    await fixture.run()
    expect(fixture.sink.received[0]).toMatchObject({
      path: '/hook',
      body: '{}',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'ips/test',
        'webhook-id': 'one',
        'webhook-timestamp': expect.stringMatching(/^\d{10}$/) as unknown,
        'webhook-signature': expect.stringMatching(/^v1,/) as unknown,
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) as unknown,
      },
    })
  })

  test('starts messages in their order where one goes at a time', async () => {
    const fixture = await createFixture(undefined, { maxConcurrency: 1 })
    const ids = idsOf(50)
    await fixture.append(ids)
    await fixture.run()
    expect(fixture.sink.received.map(({ id }) => id)).toEqual(ids)
  })

  test.each([
    [undefined, defaultConcurrency],
    [3, 3],
  ])('with a limit of %p has at most %d requests under way', async (maxConcurrency, most) => {
    let running = 0
    let highest = 0
    const answer = async () => {
      running += 1
      highest = Math.max(highest, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return { status: 204 }
    }
    const fixture = await createFixture(
      answer,
      maxConcurrency === undefined ? {} : { maxConcurrency },
    )
    await fixture.append(idsOf(200))
    await fixture.run()
    expect(highest).toBeGreaterThan(1)
    expect(highest).toBeLessThanOrEqual(most)
  })

  test('is not held up by a message that the endpoint refuses', async () => {
    const fixture = await createFixture(({ id }) => ({ status: id === 'message-3' ? 422 : 204 }))
    const ids = idsOf(20)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 19, refused: 1 })
    await expect(fixture.outcomes()).resolves.toEqual({
      ...allAre(ids, 'delivered'),
      'message-3': 'dead',
    })
    const { rows } = await test_.pool.query(
      `SELECT status, reason FROM outcomes WHERE endpoint_id = $1 AND state = 'dead'`,
      [fixture.endpoint.endpointId],
    )
    expect(rows).toEqual([{ status: 422, reason: 'status-422' }])
    await expect(fixture.run()).resolves.toMatchObject({ delivered: 0, refused: 0 })
  })

  test('stops where the endpoint is in trouble, and later sends only what did not arrive', async () => {
    let isBroken = true
    const fixture = await createFixture(({ id }) =>
      isBroken && Number(id.slice(8)) >= 40
        ? { status: 503, headers: { 'retry-after': '7' } }
        : { status: 204 },
    )
    const ids = idsOf(200)
    await fixture.append(ids)
    const result = await fixture.run()
    expect(result).toMatchObject({ outcome: 'trouble', status: 503, retryAfterMs: 7_000 })
    expect(result.delivered).toBe(40)
    expect(fixture.sink.received.length).toBeLessThanOrEqual(40 + defaultConcurrency)

    isBroken = false
    const before = fixture.sink.received.length
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({ delivered: 160 })
    expect(fixture.sink.received).toHaveLength(before + 160)
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'delivered'))
  })

  test('takes an endpoint that refuses most messages to be in trouble, and loses none of them', async () => {
    let isDeployed = false
    const answer = ({ id }: ReceivedWebhook) => ({
      status: isDeployed || Number(id.slice(8)) < 30 ? 204 : 404,
    })
    const fixture = await createFixture(answer, { maxConcurrency: 1 })
    const ids = idsOf(200)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({
      outcome: 'trouble',
      delivered: 30,
      refused: 0,
      error: 'mostly-refused',
      status: 404,
    })
    expect(fixture.sink.received).toHaveLength(30 + mostRefusals)
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({ outcome: 'trouble' })
    await expect(fixture.outcomes()).resolves.toEqual({
      ...allAre(ids, 'pending'),
      ...allAre(ids.slice(0, 30), 'delivered'),
    })

    isDeployed = true
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({
      outcome: 'asleep',
      delivered: 170,
    })
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'delivered'))
  })

  test('goes on where an endpoint refuses fewer than most', async () => {
    const isRefused = (id: string) => Number(id.slice(8)) % 4 !== 0
    const fixture = await createFixture(({ id }) => ({ status: isRefused(id) ? 422 : 204 }), {
      maxConcurrency: 1,
    })
    const ids = idsOf(100)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 25, refused: 75 })
    expect(fixture.sink.received).toHaveLength(100)
    await expect(fixture.outcomes()).resolves.toEqual({
      ...allAre(ids, 'delivered'),
      ...allAre(ids.filter(isRefused), 'dead'),
    })
  })

  test('settles a refused message once 20 answers have followed it', async () => {
    const fixture = await createFixture(({ id }) => ({ status: id === 'message-0' ? 422 : 204 }), {
      maxConcurrency: 1,
    })
    await fixture.append(idsOf(21))
    const stop = new AbortController()
    const run = fixture.run({ lingerMs: 600_000, stop: stop.signal })
    await until('it is dead', async () => (await fixture.outcomes())['message-0'] === 'dead')
    stop.abort()
    await expect(run).resolves.toEqual({ outcome: 'unfinished', delivered: 20, refused: 1 })
  })

  test('that is stopped sends again what was refused and not settled', async () => {
    const fixture = await createFixture(() => ({ status: 422 }))
    await fixture.append(['one'])
    const stop = new AbortController()
    const run = fixture.run({
      lingerMs: 600_000,
      stop: stop.signal,
      onAttempt: () => stop.abort(),
    })
    await expect(run).resolves.toEqual({ outcome: 'unfinished', delivered: 0, refused: 0 })
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'pending' })
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 0, refused: 1 })
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'dead' })
  })

  test('reads on only while it holds little, however few the messages are', async () => {
    const answers = Promise.withResolvers<SinkAnswer>()
    const fixture = await createFixture(() => answers.promise, { maxConcurrency: 1 })
    const body = 'x'.repeat(300 * 1_024)
    const ids = idsOf(6)
    await test_.journal.append(ids.map((id) => createDelivery(fixture.endpoint, id, body)))
    let held = 0
    const counting: DeliveryJournal = {
      ...test_.journal,
      async read(endpointId, after) {
        const page = await test_.journal.read(endpointId, after)
        held += page.messages.length
        return page
      },
    }
    const run = fixture.run({ journal: counting })
    // One is under way; the two after it are more than half a MiB.
    await until('it has read', () => held === 3)
    await fixture.sink.untilArrived(['message-0'])
    expect(held).toBe(3)
    answers.resolve({ status: 204 })
    await expect(run).resolves.toMatchObject({ outcome: 'asleep', delivered: 6 })
  })

  test('after trouble sends one message first', async () => {
    const fixture = await createFixture(() => ({ status: 500 }))
    await fixture.append(idsOf(50))
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({
      outcome: 'trouble',
      error: 'status-500',
    })
    expect(fixture.sink.received).toHaveLength(1)
  })

  test('ends where the endpoint is gone, and keeps its messages', async () => {
    const fixture = await createFixture(() => ({ status: 410 }))
    await fixture.append(['one'])
    await expect(fixture.run()).resolves.toMatchObject({ outcome: 'gone', status: 410 })
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'pending' })
  })

  test('is in trouble where nobody answers', async () => {
    const fixture = await createFixture()
    await fixture.append(['one'])
    await fixture.sink.close()
    await expect(fixture.run()).resolves.toMatchObject({
      outcome: 'trouble',
      error: 'ECONNREFUSED',
    })
  })

  test('sends what is appended while it waits', async () => {
    const fixture = await createFixture()
    await fixture.append(['one'])
    const stop = new AbortController()
    const run = fixture.run({ lingerMs: 600_000, stop: stop.signal })
    await fixture.sink.untilArrived(['one'])
    await fixture.append(['two'])
    await fixture.sink.untilArrived(['one', 'two'])
    stop.abort()
    await expect(run).resolves.toEqual({ outcome: 'unfinished', delivered: 2, refused: 0 })
  })

  test('that is stopped settles what it has sent, and the next one sends the rest', async () => {
    const stop = new AbortController()
    const fixture = await createFixture(({ id }) => {
      if (id === 'message-30') stop.abort()
      return { status: 204 }
    })
    const ids = idsOf(300)
    await fixture.append(ids)
    const { outcome, delivered } = await fixture.run({ stop: stop.signal })
    expect(outcome).toBe('unfinished')
    expect(delivered).toBe(fixture.sink.received.length)
    await expect(fixture.run()).resolves.toMatchObject({ delivered: 300 - delivered })
    expect(fixture.sink.received).toHaveLength(300)
  })

  test('waits for its turn where the claim limits the rate', async () => {
    const fixture = await createFixture(undefined, { maxRate: 100 })
    await fixture.append(idsOf(120))
    await expect(fixture.run()).resolves.toMatchObject({ outcome: 'asleep', delivered: 120 })
  })

  test('that lost its endpoint to another one stops', async () => {
    const held = Promise.withResolvers<SinkAnswer>()
    const fixture = await createFixture(() => held.promise)
    await fixture.append(['one'])
    const first = fixture.run()
    await fixture.sink.untilArrived(['one'])
    await test_.journal.claim(fixture.endpoint.endpointId, 'another')
    held.resolve({ status: 204 })
    await expect(first).rejects.toMatchObject({ code: 'endpoint-taken-over' })
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'pending' })
  })
})

describe('falling asleep', () => {
  test('never loses a message, however appends and sleep meet', async () => {
    const fixture = await createFixture()
    const writers = 4
    const perWriter = 150
    let running = 0
    let sleeps = 0
    let isRunningTwice = false
    const failures: unknown[] = []
    const runs: Promise<unknown>[] = []
    // What the workflow does: one delivery at a time, and another look after a wake-up in between.
    let isWoken = false
    const wake = () => {
      isWoken = true
      if (running > 0) return
      running += 1
      isRunningTwice ||= running > 1
      runs.push(
        (async () => {
          while (isWoken) {
            isWoken = false
            sleeps += 1
            await fixture.run()
          }
          running -= 1
        })().catch((error: unknown) => failures.push(error)),
      )
    }
    const ids = Array.from({ length: writers }, (_, writer) =>
      Array.from({ length: perWriter }, (_, index) => `${writer}-${index}`),
    )
    await Promise.all(
      ids.map(async (own, writer) => {
        for (const [index, id] of own.entries()) {
          const { woken } = await test_.journal.append([createDelivery(fixture.endpoint, id)])
          if (woken.length > 0) wake()
          if (index % 25 === 0) await until('the endpoint is asleep', () => running === 0)
          // Gaps of all lengths around that of a delivery.
          for (let turn = 0; turn < (index * (writer + 3)) % 40; turn += 1)
            await new Promise((resolve) => setImmediate(resolve))
        }
      }),
    )
    await until('the endpoint is asleep', () => running === 0)
    await Promise.all(runs)
    expect(failures).toEqual([])
    expect(isRunningTwice).toBe(false)
    expect(fixture.sink.ids()).toEqual(new Set(ids.flat()))
    expect(fixture.sink.received).toHaveLength(writers * perWriter)
    expect(sleeps).toBeGreaterThanOrEqual(perWriter / 25)
  })

  test('waits for the lock of an append that has not committed', async () => {
    const fixture = await createFixture()
    const { endpointId } = fixture.endpoint
    await fixture.append(['one'])
    const client = await test_.pool.connect()
    try {
      await client.query('BEGIN')
      await client.query('SELECT FROM endpoints WHERE endpoint_id = $1 FOR UPDATE', [endpointId])
      const run = fixture.run()
      await until('it wants to fall asleep', async () => {
        const { rows } = await test_.pool.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT FROM endpoints%' AND datname = current_database()`,
        )
        return rows.length > 0
      })
      await client.query(
        `INSERT INTO deliveries (endpoint_id, message_id, type, correlation_id, image_id, traceparent, body)
         VALUES ($1, 'two', 'type', 'case', '', '', '{}')`,
        [endpointId],
      )
      await client.query('COMMIT')
      await expect(run).resolves.toMatchObject({ outcome: 'asleep', delivered: 2 })
    } finally {
      client.release()
    }
  })
})

describe('an unavailable journal', () => {
  test('ends a delivery with its error, and nothing is lost', async () => {
    const fixture = await createFixture()
    const ids = idsOf(50)
    await fixture.append(ids)
    let settlements = 0
    const failing: DeliveryJournal = {
      ...test_.journal,
      settle(settlement) {
        settlements += 1
        return settlements > 10
          ? Promise.reject(new Error('away'))
          : test_.journal.settle(settlement)
      },
    }
    await expect(fixture.run({ journal: failing })).rejects.toThrow('away')
    await expect(fixture.run()).resolves.toMatchObject({ outcome: 'asleep' })
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'delivered'))
    expect(fixture.sink.ids()).toEqual(new Set(ids))
  })
})
