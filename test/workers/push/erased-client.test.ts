import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { rename } from 'node:fs/promises'
import type { Client } from '@temporalio/client'
import { actOnEndpoint } from '../../../cli/operations/act-on-endpoint.ts'
import { showEndpoint } from '../../../cli/operations/show-endpoint.ts'
import { clientKeysFolder, createClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { createTemporalClient } from '../../../lib/temporal/connect-temporal.ts'
import { createOperationsFixture, type OperationsFixture } from '../../support/operations.ts'
import type { RoleProcess } from '../../support/start-role.ts'
import { until } from '../../support/until.ts'

let fixture: OperationsFixture
let push: RoleProcess
let temporal: Client

beforeAll(async () => {
  fixture = await createOperationsFixture()
  push = await fixture.start()
  temporal = createTemporalClient({
    address: process.env['TEMPORAL_ADDRESS'] ?? '',
    namespace: 'default',
  })
})

afterAll(async () => {
  await temporal.connection.close()
  await fixture.drop()
})

const folder = () => clientKeysFolder(fixture.keys.directory, 'push')

/** A client whose endpoint fails, with what waits for it. */
async function createFailing() {
  const client = await fixture.createClient()
  client.answer({ status: 503 })
  const ids = await client.send(3)
  const { clientId } = client
  const endpointId = await until('it backs off', async () => {
    const shown = await fixture
      .operate((operations) => showEndpoint(operations, { clientId }))
      .catch(() => undefined)
    return shown?.state === 'backing-off' && shown.backlog === 3 ? shown.endpointId : undefined
  })
  const retry = () =>
    fixture.operate((operations) => actOnEndpoint(operations, { clientId }, 'retry'))
  const workflow = temporal.workflow.getHandle(`endpoint/${clientId}/${endpointId}`)
  return { ...client, ids, retry, workflow }
}

/** Whether the process has logged something with this text. */
const hasLogged = (text: string) =>
  push.events.some((event) => JSON.stringify(event).includes(text))

test('an endpoint of a client that is erased meanwhile gets nothing more, and its workflow ends', async () => {
  const { clientId, sink, send, retry, workflow } = await createFailing()
  await createClientKeys(folder()).erase(clientId)
  await until('it has ended', async () => {
    const { status } = await workflow.describe()
    if (status.name === 'COMPLETED') return true
    // Refused while it does not back off.
    await retry().catch(() => undefined)
    return false
  })
  const sent = sink.received.length
  await until('the other side has noticed too', async () => {
    await send(1)
    return hasLogged('"client-erased":')
  })
  expect((await workflow.describe()).status.name).toBe('COMPLETED')
  expect(sink.received).toHaveLength(sent)
}, 120_000)

test('while the keys are away nothing is sent or dropped, and everything is sent when they are back', async () => {
  const { clientId, sink, ids, answer, retry } = await createFailing()
  await push.stop()
  await rename(folder(), `${folder()}-away`)
  push = await fixture.start()
  answer({ status: 204 })
  await retry()
  await until('it says so', () => hasLogged(`the key of ${clientId} is not in`))
  expect(sink.ids().size).toBeLessThan(ids.length)
  await rename(`${folder()}-away`, folder())
  await sink.untilArrived(ids)
}, 120_000)
