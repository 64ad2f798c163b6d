import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { dropDelivery } from '../../../cli/operations/drop-delivery.ts'
import { actOnEndpoint } from '../../../cli/operations/act-on-endpoint.ts'
import { listDeliveries } from '../../../cli/operations/list-deliveries.ts'
import { replayMessages } from '../../../cli/operations/replay-messages.ts'
import { retryDelivery } from '../../../cli/operations/retry-delivery.ts'
import { showDelivery } from '../../../cli/operations/show-delivery.ts'
import {
  createOperationsFixture,
  type OperationsFixture,
  type SteeredClient,
} from '../../support/operations.ts'
import { until } from '../../support/until.ts'

let fixture: OperationsFixture

beforeAll(async () => {
  fixture = await createOperationsFixture()
  await fixture.start()
})
afterAll(() => fixture.drop())

const show = (messageId: string) =>
  fixture.operate((operations) => showDelivery(operations, { messageId }))
const retry = (messageId: string) =>
  fixture.operate((operations) => retryDelivery(operations, { messageId }))
const drop = (messageId: string, reason = 'a test') =>
  fixture.operate((operations) => dropDelivery(operations, { messageId }, reason))
const list = (clientId: string, options: { state?: string; correlationId?: string } = {}) =>
  fixture.operate((operations) => listDeliveries(operations, { clientId, limit: '50', ...options }))
const untilState = (messageId: string, state: string) =>
  until(`${messageId} is ${state}`, async () => {
    const report = await show(messageId).catch(() => undefined)
    return report?.state === state ? report : undefined
  })

/** A client whose endpoint has refused a message, in the state that this leads to. */
async function refusedMessage(): Promise<SteeredClient & { id: string }> {
  const client = await fixture.createClient()
  client.answer({ status: 400, body: 'no such case' })
  const [id = ''] = await client.send(1)
  await untilState(id, 'retrying')
  return { ...client, id }
}

describe('showDelivery', () => {
  test('says how a refused message stands, with what its endpoint answered', async () => {
    const { id, clientId, sink } = await refusedMessage()
    const report = await until('its workflow has started', async () => {
      const shown = await show(id)
      return shown.nextAttemptAt === null ? undefined : shown
    })
    expect(report).toEqual({
      ...{ id, type: 'ocr.v1m0.RecognizedText', correlationId: 'case', state: 'retrying' },
      ...{ attempts: 1, lastStatus: 400, lastError: 'status-400' },
      createdAt: expect.any(String),
      nextAttemptAt: expect.any(String),
      ...{ endpointId: expect.any(String), reason: null, held: null },
      ...{ clientId, host: new URL(sink.url).host },
      log: [
        {
          ...{ number: 1, at: expect.any(String), status: 400, error: 'status-400' },
          ...{ durationMs: expect.any(Number), address: '127.0.0.1', answer: 'no such case' },
        },
      ],
    })
    expect(Object.keys(report).slice(0, 9)).toEqual([
      ...['id', 'type', 'correlationId', 'state', 'attempts', 'lastStatus', 'lastError'],
      ...['createdAt', 'nextAttemptAt'],
    ])
  })

  test('refuses a message that there is not', async () => {
    await expect(show('none')).rejects.toMatchObject({ code: 'message-unknown' })
  })
})

describe('listDeliveries', () => {
  test('lists what a client’s endpoint has taken and refused, the newest first', async () => {
    const { clientId, answer, id, send, sink } = await refusedMessage()
    answer({ status: 204 })
    const [second = ''] = await send(1)
    await sink.untilArrived([second])
    await untilState(second, 'delivered')
    expect((await list(clientId)).map((one) => one.id)).toEqual([second, id])
    expect(await list(clientId, { state: 'retrying' })).toMatchObject([{ id, attempts: 1 }])
    expect(await list(clientId, { state: 'delivered' })).toMatchObject([
      { id: second, attempts: 1, lastStatus: 204, lastError: null, nextAttemptAt: null },
    ])
    expect(await list(clientId, { correlationId: 'case' })).toHaveLength(2)
    expect(await list(clientId, { correlationId: 'another' })).toEqual([])
  })

  test('says of messages that wait when their endpoint is tried', async () => {
    const { clientId, answer, send } = await fixture.createClient()
    answer({ status: 503 })
    const [id] = await send(1)
    const [pending] = await until('it waits', async () => {
      const waiting = await list(clientId, { state: 'pending' }).catch(() => [])
      return typeof waiting[0]?.nextAttemptAt === 'string' && waiting
    })
    expect(pending).toMatchObject({ id, state: 'pending', lastStatus: 503 })
  })

  test('refuses states, limits and clients that there are not', async () => {
    const { clientId } = await refusedMessage()
    await expect(list(clientId, { state: 'lost' })).rejects.toMatchObject({ code: 'state-invalid' })
    for (const limit of ['0', 'many', '1.5', '1000000']) {
      await expect(
        fixture.operate((operations) => listDeliveries(operations, { clientId, limit })),
      ).rejects.toMatchObject({ code: 'limit-invalid' })
    }
    await expect(list('nobody')).rejects.toMatchObject({ code: 'client-unknown' })
  })
})

describe('retryDelivery', () => {
  test('tries a refused message at once, and says what came of it', async () => {
    const { id, answer, sink } = await refusedMessage()
    expect(await retry(id)).toMatchObject({ taken: true, state: 'retrying', attempts: 2 })
    answer({ status: 204 })
    expect(await retry(id)).toMatchObject({ taken: true, state: 'delivered', attempts: 3 })
    expect(sink.received.map((webhook) => webhook.id)).toEqual([id, id, id])
  })

  test('sends a delivered message once more, with the same id', async () => {
    const { send, sink } = await fixture.createClient()
    const [id = ''] = await send(1)
    await untilState(id, 'delivered')
    expect(await retry(id)).toMatchObject({ taken: true })
    await until('it has come twice', () => sink.received.length === 2)
    expect(sink.received[1]?.id).toBe(id)
    await untilState(id, 'delivered')
  })

  test('ends the back-off of the endpoint of a message that waits', async () => {
    const { answer, send } = await fixture.createClient()
    answer({ status: 503 })
    const [id = ''] = await send(1)
    await until('it waits', async () => {
      const report = await show(id).catch(() => undefined)
      return typeof report?.nextAttemptAt === 'string'
    })
    answer({ status: 204 })
    expect(await retry(id)).toMatchObject({ taken: true })
    await untilState(id, 'delivered')
  })
})

describe('dropDelivery', () => {
  test('gives a refused message up, with the reason; a replay brings it back', async () => {
    const { id, answer, clientId, sink } = await refusedMessage()
    expect(await drop(id, 'sent by mistake')).toMatchObject({
      ...{ state: 'dropped', reason: 'sent by mistake', nextAttemptAt: null },
    })
    await expect(drop(id)).rejects.toMatchObject({ code: 'delivery-state-wrong' })
    expect(await list(clientId, { state: 'dropped' })).toHaveLength(1)
    answer({ status: 204 })
    expect(await retry(id)).toMatchObject({ taken: true })
    await untilState(id, 'delivered')
    expect(sink.received).toHaveLength(2)
  })

  test('refuses what is neither retrying nor dead, and a reason that is none', async () => {
    const { id } = await refusedMessage()
    await expect(drop(id, '')).rejects.toMatchObject({ code: 'reason-malformed' })
    await expect(drop(id, 'x'.repeat(501))).rejects.toMatchObject({ code: 'reason-malformed' })
    await expect(drop('none')).rejects.toMatchObject({ code: 'message-unknown' })
    const { send } = await fixture.createClient()
    const [delivered = ''] = await send(1)
    await untilState(delivered, 'delivered')
    await expect(drop(delivered)).rejects.toMatchObject({ code: 'delivery-state-wrong' })
  })

  test('is done while the endpoint is paused, and a retry then says what holds it', async () => {
    const { id, clientId } = await refusedMessage()
    await fixture.operate((operations) => actOnEndpoint(operations, { clientId }, 'pause'))
    expect(await retry(id)).toMatchObject({ state: 'retrying', held: 'paused', taken: true })
    expect(await drop(id)).toMatchObject({ state: 'dropped' })
  })
})

describe('a message whose schedule is over', () => {
  test('is dead, and is sent again by a replay without options', async () => {
    const { id, answer, clientId, sink, send } = await refusedMessage()
    for (let tries = 1; tries <= 9; tries += 1) await retry(id)
    expect(await untilState(id, 'dead')).toMatchObject({ reason: 'exhausted', attempts: 10 })
    answer({ status: 204 })
    const [other = ''] = await send(1)
    await untilState(other, 'delivered')
    const report = await fixture.operate((operations) =>
      replayMessages(operations, { clientId }, {}),
    )
    expect(report).toMatchObject({ taken: true, replayed: 1 })
    await untilState(id, 'delivered')
    expect(sink.received.slice(-2).map((webhook) => webhook.id)).toEqual([other, id])
  })

  test('can be dropped', async () => {
    const { id } = await refusedMessage()
    for (let tries = 1; tries <= 9; tries += 1) await retry(id)
    await untilState(id, 'dead')
    expect(await drop(id)).toMatchObject({ state: 'dropped' })
  })
})
