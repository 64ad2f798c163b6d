import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { appendInParts } from '../../../lib/kafka/append-in-parts.ts'

test('everything is appended in its order but what is refused, which is handed out one by one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (areGood) => {
      const items = areGood.map((isGood, index) => ({ isGood, index }))
      const appended: number[] = []
      const outcomes: string[] = []
      let calls = 0
      const parts = appendInParts(items, (part) => {
        calls += 1
        if (part.some(({ isGood }) => !isGood))
          return Promise.reject(new IpsError('journal-refused', 'no'))
        appended.push(...part.map(({ index }) => index))
        return Promise.resolve(part.length)
      })
      for await (const part of parts) {
        if ('refused' in part) outcomes.push(`refused ${part.refused.index}`)
        else {
          expect(part.result).toBe(part.appended.length)
          outcomes.push(...part.appended.map(({ index }) => `appended ${index}`))
        }
      }
      expect(outcomes).toEqual(
        items.map(({ isGood, index }) => `${isGood ? 'appended' : 'refused'} ${index}`),
      )
      expect(appended).toEqual(items.flatMap(({ isGood, index }) => (isGood ? [index] : [])))
      const bad = items.length - appended.length
      expect(calls).toBeLessThanOrEqual(1 + 2 * bad * Math.ceil(Math.log2(items.length + 1)))
    }),
  )
})

test('any other failure is not taken for bad data', async () => {
  const away = new IpsError('journal-unavailable', 'away', { retryable: true })
  const parts = appendInParts([1, 2], () => Promise.reject(away))
  await expect(parts.next()).rejects.toBe(away)
})
