import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { shareAppends } from '../../../lib/journal/share-appends.ts'

test('callers share appends: each item is appended once, and only whoever brings bad data is told so', async () => {
  const callers = fc.array(fc.array(fc.boolean(), { maxLength: 4 }), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(callers, async (areGood) => {
      const appended: string[] = []
      let runs = 0
      const append = shareAppends(async (items: readonly string[]) => {
        runs += 1
        await Promise.resolve()
        if (items.some((item) => item.startsWith('bad')))
          throw new IpsError('journal-refused', 'it cannot be held')
        appended.push(...items)
        return items.length
      }, 0)
      const batches = areGood.map((batch, caller) =>
        batch.map((isGood, index) => `${isGood ? 'good' : 'bad'}-${caller}-${index}`),
      )
      const answers = await Promise.allSettled(batches.map((batch) => append(batch)))
      const good = batches.filter((batch) => !batch.some((item) => item.startsWith('bad')))
      expect(appended).toEqual(good.flat())
      const counts = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 0))
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(good.flat().length)
      for (const [caller, answer] of answers.entries())
        expect(answer.status === 'fulfilled').toBe(good.includes(batches[caller] ?? []))
      if (good.length === batches.length) expect(runs).toBeLessThanOrEqual(2)
    }),
  )
})

test('a journal that is away is told to all', async () => {
  const away = new IpsError('journal-unavailable', 'away', { retryable: true })
  const append = shareAppends(() => Promise.reject<number>(away), 0)
  const answers = await Promise.allSettled([append([1]), append([2])])
  expect(answers).toEqual([
    { status: 'rejected', reason: away },
    { status: 'rejected', reason: away },
  ])
})
