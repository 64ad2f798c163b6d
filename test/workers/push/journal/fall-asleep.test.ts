import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createJournal } from '../../../../workers/push/journal/create-journal.ts'
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

test('falling asleep and appends of several processes never miss each other', async () => {
  const endpoint = test_.createEndpoint()
  const { endpointId } = endpoint
  const read = { ids: [] as string[], after: 0 }
  let reading: Promise<void> | undefined
  let isWoken = false
  /** What a delivery and its workflow do, without the webhooks. */
  const readUntilAsleep = async () => {
    while (isWoken) {
      isWoken = false
      do {
        const { messages } = await test_.journal.read(endpointId, read.after)
        read.ids.push(...messages.map(({ messageId }) => messageId))
        read.after = messages.at(-1)?.position ?? read.after
      } while (!(await test_.journal.fallAsleep(endpointId, read.after)))
    }
    reading = undefined
  }
  const writers = Array.from({ length: 3 }, (_, writer) => ({
    // Of its own, as another process has it: its appends do not wait for those of the others.
    journal: createJournal(test_.pool, test_.openers, test_.news),
    ids: Array.from({ length: 300 }, (_unused, index) => `${writer}-${index}`),
  }))
  await Promise.all(
    writers.map(async ({ journal, ids }) => {
      for (const [index, id] of ids.entries()) {
        if (index % 20 === 0) await reading
        const { woken } = await journal.append([createDelivery(endpoint, id)])
        if (woken.length > 0) {
          isWoken = true
          reading ??= readUntilAsleep()
        }
      }
    }),
  )
  await reading
  expect(read.ids.toSorted()).toEqual(writers.flatMap(({ ids }) => ids).toSorted())
})
