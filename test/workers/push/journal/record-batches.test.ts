import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../../support/push-journal.ts'

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
})

afterAll(async () => {
  await test_.drop()
})

/** A claimed endpoint with messages. */
async function createQueue(ids: readonly string[]) {
  const endpoint = test_.createEndpoint()
  const { endpointId } = endpoint
  await test_.journal.append(ids.map((id) => createDelivery(endpoint, id)))
  await test_.journal.claim(endpointId, 'me')
  const { messages } = await test_.journal.read(endpointId, 0)
  return { endpointId, positions: messages.map(({ position }) => position) }
}

test('a recorded batch is known to whoever claims the endpoint next, in the order of the queue', async () => {
  const { endpointId, positions } = await createQueue(['1', '2', '3', '4'])
  const [one = 0, two = 0, three = 0, four = 0] = positions
  await test_.journal.recordBatch(endpointId, 'me', { first: three, last: four, isSplit: false })
  await test_.journal.recordBatch(endpointId, 'me', { first: one, last: two, isSplit: false })
  await test_.journal.recordBatch(endpointId, 'me', { first: one, last: two, isSplit: true })
  await expect(test_.journal.claim(endpointId, 'next')).resolves.toMatchObject({
    batches: [
      { first: one, last: two, isSplit: true },
      { first: three, last: four, isSplit: false },
    ],
  })
})

test('a batch that the cursor has passed is forgotten', async () => {
  const { endpointId, positions } = await createQueue(['1', '2', '3'])
  const [one = 0, two = 0, three = 0] = positions
  await test_.journal.recordBatch(endpointId, 'me', { first: one, last: two, isSplit: false })
  for (const position of [one, two]) {
    await test_.journal.settle({
      ...{ endpointId, owner: 'me', position, origin: position, state: 'delivered' },
      cursor: position,
    })
  }
  await test_.journal.recordBatch(endpointId, 'me', { first: three, last: three, isSplit: false })
  const { rowCount } = await test_.pool.query('SELECT FROM batches WHERE endpoint_id = $1', [
    endpointId,
  ])
  expect(rowCount).toBe(1)
  await expect(test_.journal.claim(endpointId, 'me')).resolves.toMatchObject({
    batches: [{ first: three, last: three }],
  })
})

test('only the owner records batches and requests under way, though all ask together', async () => {
  const { endpointId, positions } = await createQueue(['1'])
  const other = await createQueue(['1'])
  const [first = 0] = positions
  const takenOver = { code: 'endpoint-taken-over', retryable: true }
  await test_.journal.claim(endpointId, 'next')
  const batch = { first, last: first, isSplit: false }
  await Promise.all([
    expect(test_.journal.recordBatch(endpointId, 'me', batch)).rejects.toMatchObject(takenOver),
    expect(test_.journal.recordBatch(other.endpointId, 'me', batch)).resolves.toBeUndefined(),
    expect(test_.journal.noteInFlight(endpointId, 'me', 3)).rejects.toMatchObject(takenOver),
    expect(test_.journal.noteInFlight(endpointId, 'next', 3)).resolves.toBeUndefined(),
  ])
  await expect(test_.journal.claim(endpointId, 'next')).resolves.toMatchObject({ batches: [] })
})
