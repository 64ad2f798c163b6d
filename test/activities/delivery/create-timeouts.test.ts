import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createTimeouts } from '../../../activities/delivery/create-timeouts.ts'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

describe('time-outs that share a timer', () => {
  test('end each item once, after its own time', () => {
    const ended: string[] = []
    const timeouts = createTimeouts<string>(100, (item) => ended.push(item))
    timeouts.start('one')
    jest.advanceTimersByTime(60)
    timeouts.start('two')
    jest.advanceTimersByTime(40)
    expect(ended).toEqual(['one'])
    jest.advanceTimersByTime(60)
    expect(ended).toEqual(['one', 'two'])
    jest.advanceTimersByTime(1_000)
    expect(ended).toEqual(['one', 'two'])
    expect(jest.getTimerCount()).toBe(0)
  })

  test('leave alone what has ended in time, and what was started anew', () => {
    const ended: string[] = []
    const timeouts = createTimeouts<string>(100, (item) => ended.push(item))
    timeouts.start('one')
    timeouts.start('two')
    jest.advanceTimersByTime(60)
    timeouts.stop('one')
    timeouts.start('two')
    jest.advanceTimersByTime(60)
    expect(ended).toEqual([])
    jest.advanceTimersByTime(40)
    expect(ended).toEqual(['two'])
  })

  test('have one timer, however many items there are, and none when they are cleared', () => {
    const timeouts = createTimeouts<number>(100, () => undefined)
    for (let item = 0; item < 1_000; item += 1) timeouts.start(item)
    expect(jest.getTimerCount()).toBe(1)
    timeouts.clear()
    expect(jest.getTimerCount()).toBe(0)
  })
})
