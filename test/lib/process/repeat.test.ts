import { expect, test } from '@jest/globals'
import { repeat } from '../../../lib/process/repeat.ts'
import { until } from '../../support/until.ts'

test('something is done again and again, never twice at a time, and a stop waits for what is under way', async () => {
  let begun = 0
  let ended = 0
  let most = 0
  let release = Promise.withResolvers<undefined>()
  const repetition = repeat(async () => {
    begun += 1
    most = Math.max(most, begun - ended)
    await release.promise
    ended += 1
  }, 1)
  await until('it has begun', () => begun === 1)
  release.resolve(undefined)
  await until('it is done again', () => begun > 3)
  release = Promise.withResolvers<undefined>()
  await until('it is under way', () => begun > ended)
  const stopped = repetition.stop()
  release.resolve(undefined)
  await stopped
  expect(ended).toBe(begun)
  expect(most).toBe(1)
})

test('something is done at once where that is wanted', async () => {
  let times = 0
  const repetition = repeat(
    () => {
      times += 1
      return Promise.resolve()
    },
    60_000,
    { atOnce: true },
  )
  expect(times).toBe(1)
  await repetition.stop()
  expect(times).toBe(1)
})
