import { describe, expect, test } from '@jest/globals'
import { startSweptQueue } from '../../../workers/push/start-swept-queue.ts'
import { until } from '../../support/until.ts'

/** A queue of words; `listed` is what a sweep finds. */
function createQueue(work: (word: string) => Promise<void>, sweepIntervalMs = 20) {
  const listed = new Set<string>()
  const failed: string[] = []
  const state = { sweeps: 0, isListAway: false, sweepsFailed: 0 }
  const queue = startSweptQueue<string>({
    keyOf: (word) => word,
    work: async (word) => {
      await work(word)
      listed.delete(word)
    },
    find: (limit) => {
      state.sweeps += 1
      return state.isListAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve([...listed].slice(0, limit))
    },
    onFailed: (_error, word) => failed.push(word),
    onSweepFailed: () => (state.sweepsFailed += 1),
    sweepIntervalMs,
  })
  return { queue, listed, failed, state }
}

const never = 1_000_000

describe('a swept queue', () => {
  test('works on what is added, a few at a time', async () => {
    const done: string[] = []
    let running = 0
    let most = 0
    const { queue } = createQueue(async (word) => {
      running += 1
      most = Math.max(most, running)
      await new Promise(setImmediate)
      running -= 1
      done.push(word)
    }, never)
    const words = Array.from({ length: 100 }, (_, index) => String(index))
    queue.add(words)
    await until('all are done', () => done.length === words.length)
    expect(done.toSorted()).toEqual(words.toSorted())
    expect(most).toBe(8)
    await queue.stop()
  })

  test('lets nothing wait for something that hangs', async () => {
    const release = Promise.withResolvers<undefined>()
    const begun: string[] = []
    const { queue } = createQueue(async (word) => {
      begun.push(word)
      await release.promise
    }, never)
    queue.add(['hangs'])
    queue.add(['one'])
    queue.add(['two', 'three'])
    await until('all have begun', () => begun.length === 4)
    release.resolve(undefined)
    await queue.stop()
  })

  test('comes back to what has failed', async () => {
    let attempts = 0
    const { queue, listed, failed } = createQueue(() => {
      attempts += 1
      return attempts < 3 ? Promise.reject(new Error('on purpose')) : Promise.resolve()
    })
    listed.add('word')
    await until('it is done', () => listed.size === 0)
    expect(failed).toEqual(['word', 'word'])
    await queue.stop()
  })

  test('never works twice at the same time on what its list still has', async () => {
    const release = Promise.withResolvers<undefined>()
    const begun: string[] = []
    const { queue, listed, state } = createQueue(async (word) => {
      begun.push(word)
      await release.promise
    })
    listed.add('word')
    await until('it was found often', () => state.sweeps > 5)
    expect(begun).toEqual(['word'])
    release.resolve(undefined)
    await queue.stop()
  })

  test('works again on what is added while it is under way: there may be news', async () => {
    const release = Promise.withResolvers<undefined>()
    const begun: string[] = []
    const { queue } = createQueue(async (word) => {
      begun.push(word)
      await release.promise
    }, never)
    queue.add(['word'])
    queue.add(['word'])
    release.resolve(undefined)
    await until('it is done twice', () => begun.length === 2)
    await queue.stop()
  })

  test('looks soon where it is told to, once for several reasons', async () => {
    const { queue, listed, state } = createQueue(() => Promise.resolve(), never)
    listed.add('word')
    for (let reason = 0; reason < 10; reason += 1) queue.sweepSoon()
    await until('it is done', () => listed.size === 0)
    expect(state.sweeps).toBe(1)
    await queue.stop()
  })

  test('leaves what it has no room for to its list, and loses none of it', async () => {
    const done = new Set<string>()
    const { queue, listed } = createQueue((word) => {
      done.add(word)
      return Promise.resolve()
    })
    const words = Array.from({ length: 3_000 }, (_, index) => String(index))
    for (const word of words) listed.add(word)
    queue.add(words)
    await until('all are done', () => done.size === words.length)
    await queue.stop()
  })

  test('goes on after its list was away', async () => {
    const { queue, listed, state } = createQueue(() => Promise.resolve())
    state.isListAway = true
    listed.add('word')
    await until('it has noticed', () => state.sweepsFailed > 1)
    state.isListAway = false
    await until('it is done', () => listed.size === 0)
    await queue.stop()
  })

  test('does nothing more once it is stopped', async () => {
    const release = Promise.withResolvers<undefined>()
    const begun: string[] = []
    const { queue, state } = createQueue(async (word) => {
      begun.push(word)
      await release.promise
    })
    queue.add(Array.from({ length: 20 }, (_, index) => String(index)))
    const stopped = queue.stop()
    release.resolve(undefined)
    await stopped
    expect(begun).toHaveLength(8)
    const { sweeps } = state
    queue.sweepSoon()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(state.sweeps).toBe(sweeps)
  })
})
