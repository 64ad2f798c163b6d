import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals'
import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
} from '@temporalio/client'
import type { messageDelivery } from '../../../workflows/message-delivery.ts'
import {
  dropUpdate,
  enableSignal,
  messageStatusQuery,
  messageWorkflowId,
  pauseSignal,
  replaySignal,
  resumeSignal,
  retryNowSignal,
  statusQuery,
} from '../../../workflows/messages.ts'
import { messageStartOptions } from '../../../workflows/start-options.ts'
import { createPushFixture, type PushFixture } from '../../support/push.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.ts'
import { arrivedAt, createTestEndpoint, untilArrivedAt } from './push-traffic.ts'

/** A refused message waits 5 s for its first try, and a process needs some time to start. */
jest.setTimeout(240_000)
const patienceMs = 120_000

let connection: Connection
let client: Client
let fixture: PushFixture
let sink: WebhookSink
/** What the endpoint says to messages: 204 unless they are here. */
const answers = new Map<string, number>()
let answerToAll: number

beforeAll(async () => {
  connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' })
  client = new Client({ connection })
})

beforeEach(async () => {
  answers.clear()
  answerToAll = 204
  fixture = await createPushFixture()
  sink = await startWebhookSink(({ id }) => ({ status: answers.get(id) ?? answerToAll }))
})

afterEach(async () => {
  await fixture.drop()
  await sink.close()
})

afterAll(() => connection.close())

const workflowOf = (messageId: string) =>
  client.workflow.getHandle<typeof messageDelivery>(messageWorkflowId(messageId))

const untilRefused = (messageId: string) =>
  until(
    'the message has its workflow',
    async () => {
      try {
        const { state } = await workflowOf(messageId).query(messageStatusQuery)
        return state === 'retrying'
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false
        throw error
      }
    },
    patienceMs,
  )

/** Sends messages of which the endpoint refuses the third. */
async function sendWithRefusal(count: number) {
  const endpoint = await createTestEndpoint(fixture, sink)
  await client.workflow.signalWithStart('endpointDelivery', {
    ...endpoint.start,
    taskQueue: fixture.taskQueue,
    signal: pauseSignal,
  })
  const ids = await endpoint.send(count)
  const [, , refused = ''] = ids
  answers.set(refused, 400)
  await client.workflow.getHandle(endpoint.workflowId).signal(resumeSignal)
  return { endpoint, ids, refused, others: ids.filter((id) => id !== refused) }
}

/** How a message stands in the journal. */
async function outcomeOf(messageId: string) {
  const pool = await fixture.databases.createDatabase('ips_push', 'workers/push/schema')
  const { rows } = await pool.query<{ state: string; reason: string | null; started: boolean }>(
    `SELECT state, reason, started FROM outcomes JOIN deliveries USING (endpoint_id, position)
     WHERE message_id = $1 AND replay_of IS NULL`,
    [messageId],
  )
  return rows[0]
}

describe('a message that its endpoint refuses', () => {
  test('holds up no other, is to be seen in Temporal, and is delivered when it is taken', async () => {
    await fixture.start()
    const { endpoint, refused, others } = await sendWithRefusal(50)
    await untilArrivedAt(sink, endpoint, others)
    await untilRefused(refused)
    const { clientId, endpointId } = endpoint
    const { memo, typedSearchAttributes } = await workflowOf(refused).describe()
    expect(memo).toMatchObject({ clientId, host: new URL(sink.url).host })
    expect(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])).toEqual(
      expect.arrayContaining([
        ['clientId', clientId],
        ['endpoint', endpointId],
        ['correlationId', 'case-2'],
        ['deliveryState', 'retrying'],
      ]),
    )
    answers.delete(refused)
    await expect(workflowOf(refused).result()).resolves.toEqual({ state: 'delivered' })
    expect(sink.received.filter(({ id }) => id === refused).length).toBeGreaterThanOrEqual(2)
    expect(await outcomeOf(refused)).toMatchObject({ state: 'delivered' })
    expect(arrivedAt(sink, endpoint).changed).toEqual([])
  })

  test('is dropped by an operator, with the reason in the journal', async () => {
    await fixture.start()
    const { refused } = await sendWithRefusal(5)
    await untilRefused(refused)
    await workflowOf(refused).executeUpdate(dropUpdate, { args: [{ reason: 'not ours' }] })
    await expect(workflowOf(refused).result()).resolves.toEqual({ state: 'dropped' })
    expect(await outcomeOf(refused)).toMatchObject({ state: 'dropped', reason: 'not ours' })
    const { length } = sink.received.filter(({ id }) => id === refused)
    expect(length).toBeLessThanOrEqual(2)
  })

  test('is left alone with its endpoint, and tried when that is resumed', async () => {
    await fixture.start()
    const { endpoint, refused, others } = await sendWithRefusal(5)
    await untilArrivedAt(sink, endpoint, others)
    await untilRefused(refused)
    await client.workflow.getHandle(endpoint.workflowId).signal(pauseSignal)
    await until('the endpoint is paused', async () => {
      const handle = client.workflow.getHandle(endpoint.workflowId)
      return (await handle.query(statusQuery)).state === 'paused'
    })
    await workflowOf(refused).signal(retryNowSignal)
    await until('it is held', async () => {
      const { held } = await workflowOf(refused).query(messageStatusQuery)
      return held === 'paused'
    })
    await client.workflow.getHandle(endpoint.workflowId).signal(resumeSignal)
    answers.delete(refused)
    await until('the endpoint is resumed', async () => {
      await workflowOf(refused)
        .signal(retryNowSignal)
        .catch(() => undefined)
      return (await outcomeOf(refused))?.state === 'delivered'
    })
  })

  test('gets its workflow from the next process where one was killed before it was started', async () => {
    const [host = '', port] = (process.env['TEMPORAL_ADDRESS'] ?? '').split(':')
    const proxy = await startTcpProxy(host, Number(port))
    const first = await fixture.start({ TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` })
    const endpoint = await createTestEndpoint(fixture, sink)
    const known = await endpoint.send(1)
    await untilArrivedAt(sink, endpoint, known)
    // The delivery lingers, and goes on without Temporal.
    proxy.cut()
    answerToAll = 400
    const [refused = ''] = await endpoint.send(1)
    await until('it is settled as retrying', async () => {
      const outcome = await outcomeOf(refused)
      return outcome?.state === 'retrying' && !outcome.started
    })
    await first.stop('SIGKILL')
    await proxy.close()
    await expect(workflowOf(refused).describe()).rejects.toBeInstanceOf(WorkflowNotFoundError)

    await fixture.start()
    await untilRefused(refused)
    answerToAll = 204
    await expect(workflowOf(refused).result()).resolves.toEqual({ state: 'delivered' })
  })
})

describe('dead messages', () => {
  test('are sent again with their ids by a replay, but for one that is dropped', async () => {
    await fixture.start()
    const { endpoint, ids } = await sendDead(20)
    const [dropped = '', ...others] = ids
    const startWorkflowOperation = new WithStartWorkflowOperation('messageDelivery', {
      ...messageStartOptions({
        ...{ clientId: endpoint.clientId, endpointId: endpoint.endpointId, host: 'sink' },
        ...{ messageId: dropped, correlationId: 'case-0', state: 'dead' },
        position: await positionOf(dropped),
      }),
      taskQueue: fixture.taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
    })
    await client.workflow.executeUpdateWithStart(dropUpdate, {
      args: [{ reason: 'enough' }],
      startWorkflowOperation,
    })
    await expect(workflowOf(dropped).result()).resolves.toEqual({ state: 'dropped' })
    const handle = client.workflow.getHandle(endpoint.workflowId)
    await handle.signal(replaySignal)
    await handle.signal(resumeSignal)
    await untilArrivedAt(sink, endpoint, others)
    expect(arrivedAt(sink, endpoint)).toMatchObject({ distinct: new Set(others), copies: 0 })
    await until('it is settled', async () => {
      const outcome = await outcomeOf(others[0] ?? '')
      return outcome?.state === 'delivered'
    })
  })

  /** Makes the messages of an endpoint dead that is paused then. */
  async function sendDead(count: number) {
    const endpoint = await createTestEndpoint(fixture, sink)
    await client.workflow.signalWithStart('endpointDelivery', {
      ...endpoint.start,
      taskQueue: fixture.taskQueue,
      signal: pauseSignal,
    })
    const ids = await endpoint.send(count)
    const pool = await fixture.databases.createDatabase('ips_push', 'workers/push/schema')
    await until('all are in the journal', async () => {
      const { rowCount } = await pool.query('SELECT FROM deliveries WHERE endpoint_id = $1', [
        endpoint.endpointId,
      ])
      return rowCount === count
    })
    await pool.query(
      `INSERT INTO outcomes (endpoint_id, position, state, reason)
       SELECT endpoint_id, position, 'dead', 'exhausted' FROM deliveries WHERE endpoint_id = $1`,
      [endpoint.endpointId],
    )
    return { endpoint, ids }
  }

  async function positionOf(messageId: string): Promise<number> {
    const pool = await fixture.databases.createDatabase('ips_push', 'workers/push/schema')
    const { rows } = await pool.query<{ position: string }>(
      'SELECT position FROM deliveries WHERE message_id = $1',
      [messageId],
    )
    return Number(rows[0]?.position)
  }
})

describe('an endpoint that answers 410', () => {
  test('keeps what it has and what comes, and gets it when it is enabled', async () => {
    await fixture.start()
    answerToAll = 410
    const endpoint = await createTestEndpoint(fixture, sink)
    const early = await endpoint.send(10)
    const handle = client.workflow.getHandle(endpoint.workflowId)
    await until('it is disabled', async () => {
      const { state } = await handle.query(statusQuery).catch(() => ({ state: 'unknown' }))
      return state === 'disabled'
    })
    const late = await endpoint.send(10)
    const before = sink.received.length
    answerToAll = 204
    await handle.signal(enableSignal)
    await untilArrivedAt(sink, endpoint, [...early, ...late])
    expect(before).toBeLessThanOrEqual(early.length)
    expect(sink.received.length).toBe(before + early.length + late.length)
  })
})
