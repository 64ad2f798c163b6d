import { describe, expect, it } from '@jest/globals'
import { latencyOf, median } from '../../bench/statistics.ts'

describe('latencyOf', () => {
  it('is below so many of the values as its names say, in whatever order they come', () => {
    const values = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1)
    expect(latencyOf(values)).toEqual({ p50: 51, p95: 96, p99: 100 })
  })

  it('is 0 where nothing was measured', () => {
    expect(latencyOf([])).toEqual({ p50: 0, p95: 0, p99: 0 })
  })
})

describe('median', () => {
  it('is the value in the middle', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([])).toBe(0)
  })
})
