import { describe, expect, test } from '@jest/globals'
import { limitConcurrency } from '../../../gateway/authentication/limit-concurrency.ts'

describe('limitConcurrency', () => {
  test('lets only so much run at a time, first come first served', async () => {
    const limited = limitConcurrency(2, 10)
    const started: number[] = []
    const ends: (() => void)[] = []
    const work = [0, 1, 2, 3].map((id) =>
      limited(async () => {
        started.push(id)
        await new Promise<void>((resolve) => ends.push(resolve))
        return id
      }),
    )
    expect(started).toEqual([0, 1])
    ends[1]?.()
    await work[1]
    await Promise.resolve()
    expect(started).toEqual([0, 1, 2])
    ends[0]?.()
    ends[2]?.()
    await work[2]
    await Promise.resolve()
    ends[3]?.()
    expect(await Promise.all(work)).toEqual([0, 1, 2, 3])
  })

  test('refuses at once what would wait behind too many', async () => {
    const limited = limitConcurrency(1, 1)
    const gate = Promise.withResolvers<undefined>()
    const running = limited(() => gate.promise)
    const waiting = limited(() => Promise.resolve('second'))
    await expect(limited(() => Promise.resolve('third'))).rejects.toMatchObject({
      code: 'too-busy',
      retryable: true,
    })
    gate.resolve(undefined)
    await running
    expect(await waiting).toBe('second')
    expect(await limited(() => Promise.resolve('fourth'))).toBe('fourth')
  })

  test('goes on after work that failed', async () => {
    const limited = limitConcurrency(1, 5)
    const failing = limited(() => Promise.reject(new Error('no')))
    const next = limited(() => Promise.resolve('yes'))
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })
})
