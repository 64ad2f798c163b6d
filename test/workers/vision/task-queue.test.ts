import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createTaskQueue } from '../../../workers/vision/task-queue.ts'

const never = new AbortController().signal

describe('createTaskQueue', () => {
  test('gives each task to one taker, in order, whoever comes first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (steps) => {
        const queue = createTaskQueue<number, number>()
        const replies: Promise<number>[] = []
        const taken: Promise<void>[] = []
        const order: number[] = []
        const take = async () => {
          const queued = await queue.take(never)
          if (queued === undefined) return
          order.push(queued.task)
          queued.resolve(queued.task * 2)
        }
        for (const adds of steps) {
          if (adds) replies.push(queue.add(replies.length, never))
          else taken.push(take())
        }
        while (taken.length < replies.length) taken.push(take())
        while (replies.length < taken.length) replies.push(queue.add(replies.length, never))
        await Promise.all(taken)
        expect(order).toEqual(replies.map((_, index) => index))
        expect(await Promise.all(replies)).toEqual(replies.map((_, index) => index * 2))
        expect(queue.length).toBe(0)
      }),
    )
  })

  test('forgets a task that is no longer wanted', async () => {
    const queue = createTaskQueue<string, string>()
    const unwanted = new AbortController()
    const reply = queue.add('a', unwanted.signal)
    unwanted.abort()
    await expect(reply).rejects.toMatchObject({ code: 'inference-cancelled', retryable: true })
    expect(queue.length).toBe(0)
  })

  test('lets a taker go that waits no longer, and gives the task to another', async () => {
    const queue = createTaskQueue<string, string>()
    const leaving = new AbortController()
    const gone = queue.take(leaving.signal)
    const staying = queue.take(never)
    leaving.abort()
    expect(await gone).toBeUndefined()
    void queue.add('a', never)
    expect((await staying)?.task).toBe('a')
  })

  test('passes a task on where the taker that was woken for it leaves', async () => {
    const queue = createTaskQueue<string, string>()
    const leaving = new AbortController()
    const gone = queue.take(leaving.signal)
    const staying = queue.take(never)
    void queue.add('a', never)
    leaving.abort()
    expect(await gone).toBeUndefined()
    expect((await staying)?.task).toBe('a')
  })

  test('rejects everything once it is closed', async () => {
    const queue = createTaskQueue<string, string>()
    const waiting = queue.add('a', never)
    queue.close()
    await expect(waiting).rejects.toMatchObject({ code: 'inference-cancelled' })
    await expect(queue.add('b', never)).rejects.toMatchObject({ code: 'inference-cancelled' })
  })
})
