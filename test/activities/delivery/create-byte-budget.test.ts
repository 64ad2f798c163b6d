import { expect, test } from '@jest/globals'
import { createByteBudget } from '../../../activities/delivery/create-byte-budget.ts'

test('a budget gives what there is, and more only to who must have it', () => {
  const budget = createByteBudget(10)
  expect(budget.take(6)).toBe(true)
  expect(budget.take(5)).toBe(false)
  budget.force(9)
  expect(budget.take(0)).toBe(false)
  budget.release(9)
  expect(budget.take(4)).toBe(true)
})
