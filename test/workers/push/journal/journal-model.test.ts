import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { listDeliveries } from '../../../../workers/push/journal/list-deliveries.ts'
import { createTestPushJournal, type TestPushJournal } from '../../../support/push-journal.ts'
import { JournalModel, type Step } from './journal-model.ts'

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
})

afterAll(async () => {
  await test_.drop()
})

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      ids: fc.array(id, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      index: fc.nat(8),
      state: fc.constantFrom('delivered' as const, 'retrying' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle-refused' as const),
      id,
      state: fc.constantFrom('delivered' as const, 'dead' as const, 'dropped' as const),
    }),
  },
  fc.constant<Step>({ kind: 'replay' }),
  fc.constant<Step>({ kind: 'replay', since: 0 }),
  fc.record({ kind: fc.constant('replay' as const), ids: fc.array(id, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('bury' as const), limit: fc.integer({ min: 1, max: 4 }) }),
  fc.constant<Step>({ kind: 'pass-day' }),
)

test('the journal agrees with a simple account of it, whatever is asked of it and in whatever slot', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 24 }), async (steps) => {
      const model = new JournalModel(test_)
      await model.readWaiting()
      for (const each of steps) {
        await model.apply(each)
        await expect(model.readWaiting()).resolves.toEqual(model.waiting)
      }
      const { clientId } = model.endpoint
      const listed = await listDeliveries(test_.pool, { clientId, limit: 100 })
      expect(listed.map((one) => [one.id, one.state])).toEqual(model.states)
      for (const state of ['pending', 'delivered', 'retrying', 'dead', 'dropped'] as const) {
        const some = await listDeliveries(test_.pool, { clientId, state, limit: 100 })
        const expected = model.states.filter(([, each]) => each === state)
        expect(some.map((one) => one.id)).toEqual(expected.map(([each]) => each))
      }
    }),
    { numRuns: 60 },
  )
}, 120_000)
