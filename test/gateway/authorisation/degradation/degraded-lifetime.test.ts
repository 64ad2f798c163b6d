import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { degradationSettings } from '../../../../gateway/authorisation/degradation/degradation-settings.ts'
import { degradedLifetime } from '../../../../gateway/authorisation/degradation/degraded-lifetime.ts'
import { createLastKnownGood } from '../../../../gateway/authorisation/degradation/last-known-good.ts'
import { readConfig } from '../../../../lib/config/settings.ts'
import { randomFrom } from '../../../support/random-from.ts'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the life of a degraded token', () => {
  test('is half of the configured one at least, and never more than what is left', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 3_600 }),
        fc.double({ min: 0, max: 10_000, noNaN: true }),
        random,
        (ttl, remaining, chance) => {
          const seconds = degradedLifetime(ttl, remaining, chance)
          if (remaining < ttl / 2) expect(seconds).toBeUndefined()
          if (seconds === undefined) expect(remaining).toBeLessThan(Math.ceil(ttl / 2))
          else {
            expect(Number.isInteger(seconds)).toBe(true)
            expect(seconds).toBeGreaterThanOrEqual(ttl / 2)
            expect(seconds).toBeLessThanOrEqual(Math.min(ttl, remaining))
          }
        },
      ),
    )
  })

  test('may be each number of seconds from half to all of the configured one', () => {
    const next = randomFrom(1)
    const lives = Array.from({ length: 1_000 }, () => degradedLifetime(20, 100, next()))
    expect([...new Set(lives)].sort()).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
  })
})

describe('the renewals of 10,000 clients who all came in the same second', () => {
  // Clients renew at the end of a token, or some time before.
  test.each([1, 0.8, 0.5])(
    'are never more than three times their mean in a second, to the end of a whole outage (at %p of a life)',
    (share) => {
      const renewals = renewalsBySecond({ clients: 10_000, share, random: randomFrom(7) })
      const total = renewals.reduce((sum, count) => sum + count, 0)
      // Dozens of rounds for each.
      expect(total / 10_000).toBeGreaterThan(50)
      expect(Math.max(...renewals)).toBeLessThanOrEqual((3 * total) / renewals.length)
    },
  )
})

/** How many requests come in each second after the first, in which everybody comes; the last of each client is refused. */
function renewalsBySecond(options: { clients: number; share: number; random: () => number }) {
  const { clients, share, random } = options
  const config = readConfig(degradationSettings, {})
  const ttlSeconds = config.authorisationDegradedTtlSeconds
  const memory = createLastKnownGood({
    size: clients,
    maxAgeMs: config.authorisationDegradedMaxSeconds * 1_000,
    spreadMs: ttlSeconds * 1_000,
    clock: () => ({ elapsedMs: 0, timeMs: 0 }),
    random,
  })
  // At most a day, in which every second has its place.
  const renewals = new Array<number>(24 * 60 * 60).fill(0)
  for (let number = 0; number < clients; number += 1) {
    memory.record(memory.begin(), String(number), undefined)
    const endsAt = (memory.find(String(number))?.remainingMs ?? 0) / 1_000
    let at = random()
    let life = degradedLifetime(ttlSeconds, endsAt, random())
    while (life !== undefined) {
      at += life * share
      const second = Math.floor(at)
      renewals[second] = (renewals[second] ?? 0) + 1
      life = degradedLifetime(ttlSeconds, endsAt - at, random())
    }
  }
  return renewals.slice(1, renewals.findLastIndex((count) => count > 0) + 1)
}
