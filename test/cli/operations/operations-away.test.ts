import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { actOnEndpoint } from '../../../cli/operations/act-on-endpoint.ts'
import { dropDelivery } from '../../../cli/operations/drop-delivery.ts'
import { listDeliveries } from '../../../cli/operations/list-deliveries.ts'
import type { Operations } from '../../../cli/operations/operations.ts'
import { replayMessages } from '../../../cli/operations/replay-messages.ts'
import { retryDelivery } from '../../../cli/operations/retry-delivery.ts'
import { showDelivery } from '../../../cli/operations/show-delivery.ts'
import { showEndpoint } from '../../../cli/operations/show-endpoint.ts'
import {
  createOperationsFixture,
  type OperationsFixture,
  type SteeredClient,
} from '../../support/operations.ts'
import type { RoleProcess } from '../../support/start-role.ts'
import { until } from '../../support/until.ts'

/** Nothing listens there. */
const temporalAway = { TEMPORAL_ADDRESS: '127.0.0.1:1' }
/** A command may wait several times for a server that does not answer. */
const timeoutMs = 120_000

let fixture: OperationsFixture
let push: RoleProcess
let client: SteeredClient
let id: string

beforeAll(async () => {
  fixture = await createOperationsFixture()
  push = await fixture.start()
  client = await fixture.createClient()
  client.answer({ status: 400 })
  id = (await client.send(1))[0] ?? ''
  await until('the message is retried by its workflow', async () => {
    const report = await fixture
      .operate((operations) => showDelivery(operations, { messageId: id }))
      .catch(() => undefined)
    return typeof report?.nextAttemptAt === 'string'
  })
}, timeoutMs)
afterAll(() => fixture.drop(), timeoutMs)

describe('operators, while Temporal is away,', () => {
  test(
    'see what the journal knows',
    async () => {
      const { clientId } = client
      const endpoint = await fixture.operate(
        (operations) => showEndpoint(operations, { clientId }),
        temporalAway,
      )
      expect(endpoint).toMatchObject({ clientId, retrying: 1, workflow: 'unreachable' })
      const deliveries = await fixture.operate(
        (operations) => listDeliveries(operations, { clientId, limit: '1' }),
        temporalAway,
      )
      expect(deliveries).toMatchObject([{ id, state: 'retrying', nextAttemptAt: null }])
    },
    timeoutMs,
  )

  const actions: Record<string, (operations: Operations) => Promise<unknown>> = {
    pause: (operations) => actOnEndpoint(operations, { clientId: client.clientId }, 'pause'),
    replay: (operations) => replayMessages(operations, { clientId: client.clientId }, {}),
    retry: (operations) => retryDelivery(operations, { messageId: id }),
    drop: (operations) => dropDelivery(operations, { messageId: id }, 'a test'),
  }
  test.each(Object.entries(actions))(
    'are told so when they %s',
    async (_name, work) => {
      await expect(fixture.operate(work, temporalAway)).rejects.toMatchObject({
        code: 'temporal-unreachable',
        retryable: true,
      })
    },
    timeoutMs,
  )
})

describe('operators, while PostgreSQL is away or has no journal,', () => {
  const show = (environment: Readonly<Record<string, string>>) =>
    fixture.operate(
      (operations) => showEndpoint(operations, { clientId: client.clientId }),
      environment,
    )

  test('are told so', async () => {
    await expect(show({ POSTGRES_URL: 'postgres://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'database-unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    await expect(show({ POSTGRES_DATABASE_PREFIX: 'never_started_' })).rejects.toMatchObject({
      code: 'push-never-started',
    })
  })
})

describe('operators, while no push process is up,', () => {
  test(
    'see that, and what they ask for is done as soon as there is one',
    async () => {
      const { clientId, answer, send, sink } = client
      answer({ status: 204 })
      const [delivered = ''] = await send(1)
      await sink.untilArrived([delivered])
      await push.stop()
      const before = await fixture.operate((operations) => showEndpoint(operations, { clientId }))
      expect(before.workflow).toBe('silent')
      const asked = await fixture.operate((operations) =>
        actOnEndpoint(operations, { clientId }, 'pause'),
      )
      expect(asked).toMatchObject({ taken: false, workflow: 'silent' })
      await expect(
        fixture.operate((operations) => dropDelivery(operations, { messageId: id }, 'a test')),
      ).rejects.toMatchObject({ code: 'push-silent', retryable: true })
      push = await fixture.start()
      await until('it is paused', async () => {
        const report = await fixture.operate((operations) => showEndpoint(operations, { clientId }))
        return report.state === 'paused' && report.workflow === 'answers'
      })
    },
    timeoutMs,
  )
})
