import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { actOnEndpoint, type EndpointAction } from '../../../cli/operations/act-on-endpoint.ts'
import { replayMessages } from '../../../cli/operations/replay-messages.ts'
import { showEndpoint } from '../../../cli/operations/show-endpoint.ts'
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

const show = (clientId: string) =>
  fixture.operate((operations) => showEndpoint(operations, { clientId }))
const act = (clientId: string, action: EndpointAction, endpointId?: string) =>
  fixture.operate((operations) =>
    actOnEndpoint(
      operations,
      { clientId, ...(endpointId === undefined ? {} : { endpointId }) },
      action,
    ),
  )
const untilState = (clientId: string, state: string) =>
  until(`${clientId} is ${state}`, async () => {
    const report = await show(clientId).catch(() => undefined)
    return report?.state === state ? report : undefined
  })

/** A client whose endpoint has just failed. */
async function failingClient(status: number): Promise<SteeredClient & { ids: string[] }> {
  const client = await fixture.createClient()
  client.answer({ status })
  return { ...client, ids: await client.send(3) }
}

describe('showEndpoint', () => {
  test('says how an endpoint stands that gets its messages', async () => {
    const { clientId, sink, send } = await fixture.createClient()
    await sink.untilArrived(await send(2))
    const report = await until('both are settled', async () => {
      const shown = await show(clientId)
      return shown.backlog === 0 ? shown : undefined
    })
    expect(report).toEqual({
      clientId,
      endpointId: expect.any(String),
      host: new URL(sink.url).host,
      state: 'delivering',
      backlog: 0,
      inFlight: expect.any(Number),
      lastStatus: null,
      nextAttemptAt: null,
      lastError: null,
      failures: 0,
      retrying: 0,
      dead: 0,
      workflow: 'answers',
      older: [],
      keyTrouble: null,
    })
    expect(Object.keys(report).slice(0, 8)).toEqual([
      ...['clientId', 'endpointId', 'host', 'state'],
      ...['backlog', 'inFlight', 'lastStatus', 'nextAttemptAt'],
    ])
  })

  test('says why an endpoint backs off, until when, and how much waits', async () => {
    const { clientId } = await failingClient(503)
    expect(await untilState(clientId, 'backing-off')).toMatchObject({
      ...{ backlog: 3, inFlight: 0, failures: 1, lastStatus: 503, lastError: 'status-503' },
      nextAttemptAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    })
  })

  test('lists the endpoints before the URL changed', async () => {
    const { clientId, sink, send } = await fixture.createClient()
    await sink.untilArrived(await send(1))
    const former = await show(clientId)
    // The token that names another URL must be the newer one, and they count in seconds.
    await until('a second has passed', () => new Date().getMilliseconds() < 100)
    await sink.untilArrived(await send(1, '/other'))
    const report = await show(clientId)
    expect(report.endpointId).not.toBe(former.endpointId)
    expect(report.older.map(({ endpointId }) => endpointId)).toEqual([former.endpointId])
    await act(clientId, 'pause')
    expect((await show(clientId)).older[0]).toMatchObject({ state: 'paused' })
    await act(clientId, 'resume', former.endpointId)
    expect(await show(clientId)).toMatchObject({ state: 'paused' })
    expect((await show(clientId)).older[0]?.state).not.toBe('paused')
  })

  test('shows the endpoint of a client that has had no message, which can be paused before one comes', async () => {
    const { clientId, sink, send } = await fixture.createClient()
    await fixture.createUnused(clientId, sink.url)
    const report = await show(clientId)
    expect(report).toMatchObject({
      clientId,
      state: 'idle',
      backlog: 0,
      lastStatus: null,
      older: [],
    })
    expect(await act(clientId, 'pause')).toMatchObject({ taken: true, state: 'paused' })
    await send(1)
    await until('it waits', async () => (await show(clientId)).backlog === 1)
    expect(await show(clientId)).toMatchObject({ endpointId: report.endpointId, state: 'paused' })
    await act(clientId, 'resume')
    await untilState(clientId, 'delivering')
  })

  test('refuses a client that is unknown, has no webhook, or has no such endpoint', async () => {
    await fixture.createUnused('unused')
    await expect(show('nobody')).rejects.toMatchObject({ code: 'client-unknown' })
    await expect(show('unused')).rejects.toMatchObject({ code: 'endpoint-unused' })
    const { clientId, sink, send } = await fixture.createClient()
    await sink.untilArrived(await send(1))
    await expect(act(clientId, 'pause', 'other')).rejects.toMatchObject({
      code: 'endpoint-unknown',
    })
  })
})

describe('actOnEndpoint', () => {
  test('ends a back-off, so that everything is delivered at once', async () => {
    const { clientId, sink, ids, answer } = await failingClient(503)
    await untilState(clientId, 'backing-off')
    answer({ status: 204 })
    expect(await act(clientId, 'retry')).toMatchObject({ taken: true })
    await sink.untilArrived(ids)
    expect(await untilState(clientId, 'delivering')).toMatchObject({ retrying: 0, dead: 0 })
  })

  test('notices that the endpoint has failed again', async () => {
    const { clientId } = await failingClient(503)
    await untilState(clientId, 'backing-off')
    await act(clientId, 'retry')
    const report = await until('it has failed twice', async () => {
      const shown = await show(clientId)
      return shown.failures === 2 ? shown : undefined
    })
    expect(report.state).toBe('backing-off')
  })

  test('pauses and resumes, also an endpoint that sleeps; what comes meanwhile is kept', async () => {
    const { clientId, sink, send } = await fixture.createClient()
    await sink.untilArrived(await send(1))
    expect(await act(clientId, 'pause')).toMatchObject({ state: 'paused', taken: true })
    // Twice is no error.
    expect(await act(clientId, 'pause')).toMatchObject({ state: 'paused', taken: true })
    const kept = await send(2)
    await until('both are journalled', async () => (await show(clientId)).backlog === 2)
    expect(sink.ids().size).toBe(1)
    expect(await act(clientId, 'resume')).toMatchObject({ taken: true })
    await sink.untilArrived(kept)
    expect((await show(clientId)).state).not.toBe('paused')
  })

  test('enables an endpoint that has answered 410, and sends what was kept', async () => {
    const { clientId, sink, ids, answer } = await failingClient(410)
    expect(await untilState(clientId, 'disabled')).toMatchObject({ backlog: 3, lastStatus: 410 })
    expect(await act(clientId, 'retry')).toMatchObject({ state: 'disabled' })
    answer({ status: 204 })
    expect(await act(clientId, 'enable')).toMatchObject({ taken: true })
    await sink.untilArrived(ids)
  })

  test('disables', async () => {
    const { clientId, sink, send } = await fixture.createClient()
    await sink.untilArrived(await send(1))
    expect(await act(clientId, 'disable')).toMatchObject({ state: 'disabled', taken: true })
    expect(await act(clientId, 'resume')).toMatchObject({ state: 'disabled' })
  })
})

describe('replayMessages', () => {
  test('sends everything since a time once more, with the same ids', async () => {
    const { clientId, sink, send } = await fixture.createClient()
    const ids = await send(3)
    await sink.untilArrived(ids)
    await until('all are settled', async () => (await show(clientId)).backlog === 0)
    const since = new Date(Date.now() - 60_000).toISOString()
    const report = await fixture.operate((operations) =>
      replayMessages(operations, { clientId }, { since }),
    )
    expect(report).toMatchObject({ taken: true, replayed: 3 })
    await until('each has come twice', () => sink.received.length === 6)
    expect(sink.ids()).toEqual(new Set(ids))
  })

  test('sends the messages that it names, and refuses those that the client does not have', async () => {
    const { clientId, sink, send } = await fixture.createClient()
    const [id = '', ...others] = await send(2)
    await sink.untilArrived([id, ...others])
    await until('all are settled', async () => (await show(clientId)).backlog === 0)
    const replay = (ids: readonly string[]) =>
      fixture.operate((operations) => replayMessages(operations, { clientId }, { ids }))
    expect(await replay([id, id])).toMatchObject({ taken: true, replayed: 1 })
    await until('it has come twice', () => sink.received.length === 3)
    expect(sink.received[2]?.id).toBe(id)
    await expect(replay([id, 'none'])).rejects.toMatchObject({ code: 'message-unknown' })
    const stranger = await fixture.createClient()
    const [foreign = ''] = await stranger.send(1)
    await stranger.sink.untilArrived([foreign])
    await expect(replay([foreign])).rejects.toMatchObject({ code: 'message-unknown' })
  })
})
