import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { IpsError } from '../../../../lib/errors/ips-error.ts'
import { createJournal } from '../../../../workers/push/journal/create-journal.ts'
import { findDelivery } from '../../../../workers/push/journal/find-delivery.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
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

/** The journal of a process that finds the key of this client damaged. */
function openWithDamaged(clientId: string) {
  const find = (of: string) =>
    of === clientId
      ? Promise.reject(new IpsError('client-key-damaged', 'on purpose'))
      : derivedKeys.keyFor(of)
  const keys = { ...derivedKeys, keyFor: find, existingKey: find }
  return { journal: createJournal(test_.pool, { ...test_.openers, keys }, test_.news), keys }
}

/** A message of an endpoint of its own, of a client of its own. */
async function appendOne() {
  const endpoint = test_.createEndpoint()
  const { endpointId, clientId } = endpoint
  await test_.journal.append([createDelivery(endpoint, endpointId)])
  const { messages } = await test_.journal.read(endpointId, 0)
  return { endpointId, clientId, position: messages[0]?.position ?? 0 }
}

const damaged = { code: 'client-key-damaged', retryable: false }

test('what is read together fails for the client whose key is damaged only', async () => {
  const [bad, good] = [await appendOne(), await appendOne()]
  const { journal } = openWithDamaged(bad.clientId)
  const [ofBad, ofGood] = await Promise.allSettled([
    journal.read(bad.endpointId, 0),
    journal.read(good.endpointId, 0),
  ])
  expect(ofBad).toMatchObject({ status: 'rejected', reason: damaged })
  expect(ofGood).toMatchObject({ value: { messages: [{ position: good.position }] } })
  await expect(journal.claim(bad.endpointId, 'owner')).rejects.toMatchObject(damaged)
  expect(await journal.claim(good.endpointId, 'owner')).toMatchObject({ clientId: good.clientId })
})

test('attempts that are logged together are all logged, that of the damaged key without the answer', async () => {
  const [bad, good] = [await appendOne(), await appendOne()]
  const { journal, keys } = openWithDamaged(bad.clientId)
  const attempt = { at: 0, durationMs: 1, status: 500, error: 'status-500', answer: 'no' }
  await Promise.all(
    [bad, good].map(({ endpointId, position }) =>
      journal.logAttempt(endpointId, position, attempt),
    ),
  )
  const logOf = async (id: string) => (await findDelivery(test_.pool, keys, id))[0]?.log
  expect(await logOf(good.endpointId)).toEqual([{ number: 1, ...attempt }])
  const { answer: _answer, ...rest } = attempt
  expect(await logOf(bad.endpointId)).toEqual([{ number: 1, ...rest }])
})

test('what a damaged key would open is shown without it', async () => {
  const one = await appendOne()
  const attempt = { at: 0, durationMs: 1, status: 500, error: 'status-500', answer: 'no' }
  await test_.journal.logAttempt(one.endpointId, one.position, attempt)
  const { keys } = openWithDamaged(one.clientId)
  const [found] = await findDelivery(test_.pool, keys, one.endpointId)
  expect(found?.log).toMatchObject([{ status: 500, answer: '(its key is damaged)' }])
})
