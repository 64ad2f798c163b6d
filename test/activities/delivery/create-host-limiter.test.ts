import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createHostLimiter } from '../../../activities/delivery/create-host-limiter.ts'

const nobody = () => undefined

describe('the places of hosts', () => {
  test('are never more than the limit for each host, in whatever order they are taken and given back', () => {
    const step = fc.record({ host: fc.constantFrom('a', 'b'), isTake: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step), (max, steps) => {
        const hosts = createHostLimiter(max)
        const taken = new Map<string, number>()
        for (const { host, isTake } of steps) {
          const before = taken.get(host) ?? 0
          if (isTake) {
            expect(hosts.take(host, nobody)).toBe(before < max)
            taken.set(host, Math.min(max, before + 1))
          } else if (before > 0) {
            hosts.release(host)
            taken.set(host, before - 1)
          }
        }
      }),
    )
  })

  test('are offered to those that were refused, one at a time and in their order', () => {
    const hosts = createHostLimiter(1)
    const offered: string[] = []
    hosts.take('a', nobody)
    hosts.take('a', () => offered.push('first'))
    hosts.take('a', () => offered.push('second'))
    hosts.take('b', nobody)
    hosts.release('b')
    expect(offered).toEqual([])
    hosts.release('a')
    expect(offered).toEqual(['first'])
  })

  test('are offered once to who asks twice', () => {
    const hosts = createHostLimiter(2)
    let offers = 0
    const onFree = () => void (offers += 1)
    hosts.take('a', nobody)
    hosts.take('a', nobody)
    hosts.take('a', onFree)
    hosts.take('a', onFree)
    hosts.release('a')
    hosts.release('a')
    expect(offers).toBe(1)
  })
})
