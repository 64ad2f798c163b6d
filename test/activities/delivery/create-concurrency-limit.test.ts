import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  createConcurrencyLimit,
  type ConcurrencyLimit,
} from '../../../activities/delivery/create-concurrency-limit.ts'

const cap = 64

interface Simulated {
  /** After the last answer. */
  readonly limit: number
  /** Of the second half of the run: the highest number of requests under way, and answers a second. */
  readonly highest: number
  readonly perSecond: number
}

/**
 * Keeps as many requests under way as the limit lets, for so many answers. `serve` says when a request ends that starts at
 * a time with so many under way, itself included.
 */
function simulate(
  limit: ConcurrencyLimit,
  serve: (startedAtMs: number, inFlight: number) => number,
  answers = 4_000,
): Simulated {
  const open: { startedAtMs: number; endedAtMs: number }[] = []
  let nowMs = 0
  let halfAtMs = 0
  let highest = 0
  for (let answered = 0; answered < answers; answered += 1) {
    while (open.length < limit.current()) {
      open.push({ startedAtMs: nowMs, endedAtMs: serve(nowMs, open.length + 1) })
    }
    if (answered === answers / 2) halfAtMs = nowMs
    if (answered >= answers / 2) highest = Math.max(highest, open.length)
    open.sort((one, other) => one.endedAtMs - other.endedAtMs)
    const inFlight = open.length
    const next = open.shift()
    if (next === undefined) break
    nowMs = next.endedAtMs
    limit.note({ ...next, inFlight })
  }
  const perSecond = (answers / 2 / (nowMs - halfAtMs)) * 1_000
  return { limit: limit.current(), highest, perSecond }
}

/** A server that takes one request at a time. */
function serialServer(serviceMs: number) {
  let freeAtMs = 0
  return (startedAtMs: number) => (freeAtMs = Math.max(freeAtMs, startedAtMs) + serviceMs)
}

describe('the limit of an endpoint', () => {
  test('grows to its cap where the answers stay as fast', () => {
    const { limit } = simulate(createConcurrencyLimit(cap, false), (at) => at + 5, 200)
    expect(limit).toBe(cap)
  })

  test.each([
    [cap, 2, 8],
    [3, 2, 3],
    [1, 1, 1],
  ])('of %d is %d until the first answer, and then %d', (highest, before, after) => {
    const limit = createConcurrencyLimit(highest, false)
    expect(limit.current()).toBe(before)
    limit.note({ startedAtMs: 0, endedAtMs: 10, inFlight: 1 })
    expect(limit.current()).toBe(after)
  })

  test.each([10, 40, 200])(
    'keeps a serial server of %d ms busy, and its queue short',
    (serviceMs) => {
      const limit = createConcurrencyLimit(cap, false)
      const { highest, perSecond } = simulate(limit, serialServer(serviceMs))
      expect(perSecond).toBeGreaterThan(0.95 * (1_000 / serviceMs))
      expect(highest).toBeLessThanOrEqual(16)
    },
  )

  test('stays below the load at which a server slows down', () => {
    // Up to 10 at a time in 20 ms; with 20 it takes four times as long.
    const serve = (at: number, inFlight: number) => at + 20 * Math.max(1, inFlight / 10) ** 2
    const { highest } = simulate(createConcurrencyLimit(cap, false), serve)
    expect(highest).toBeGreaterThan(8)
    expect(highest).toBeLessThan(32)
  })

  test('never holds more than two requests of a tarpit', () => {
    let highest = 0
    const serve = (at: number, inFlight: number) => {
      highest = Math.max(highest, inFlight)
      return at + 14_000
    }
    simulate(createConcurrencyLimit(cap, false), serve, 100)
    expect(highest).toBe(2)
  })

  test('never holds more than 16 request-seconds once it knows the pace', () => {
    const { limit } = simulate(createConcurrencyLimit(cap, false), (at) => at + 1_000, 1_000)
    expect(limit).toBe(16)
  })

  test('follows an endpoint that has become slower by itself', () => {
    const limit = createConcurrencyLimit(cap, false)
    simulate(limit, (at) => at + 10, 1_000)
    const { limit: later } = simulate(limit, (at) => at + 200, 8_000)
    expect(later).toBe(cap)
  })

  test('is hardly moved by single slow answers', () => {
    let count = 0
    const serve = (at: number) => at + ((count += 1) % 100 === 0 ? 300 : 20)
    const { limit } = simulate(createConcurrencyLimit(cap, false), serve)
    expect(limit).toBe(cap)
  })

  test('does not grow where it is not used', () => {
    const limit = createConcurrencyLimit(cap, false)
    for (let count = 0; count < 100; count += 1) {
      limit.note({ startedAtMs: count, endedAtMs: count + 1, inFlight: 1 })
    }
    expect(limit.current()).toBe(8)
  })

  test('after trouble grows by one in a round trip', () => {
    const limit = createConcurrencyLimit(cap, true)
    const limits: number[] = []
    for (let trip = 0; trip < 5; trip += 1) {
      const inFlight = limit.current()
      limits.push(inFlight)
      for (let count = 0; count < inFlight; count += 1) {
        limit.note({ startedAtMs: trip * 10, endedAtMs: trip * 10 + 10, inFlight })
      }
    }
    expect(limits[0]).toBe(1)
    expect(limits.every((one, index) => one <= index + 1)).toBe(true)
    expect(limits.at(-1)).toBeGreaterThan(2)
  })

  test('is from 1 to its cap, whatever comes', () => {
    const answer = fc.record({
      startedAtMs: fc.nat({ max: 100_000 }),
      latencyMs: fc.nat({ max: 20_000 }),
      inFlight: fc.integer({ min: 1, max: cap }),
    })
    const caps = fc.integer({ min: 1, max: cap })
    fc.assert(
      fc.property(caps, fc.boolean(), fc.array(answer), (highest, isProbe, answers) => {
        const limit = createConcurrencyLimit(highest, isProbe)
        for (const { startedAtMs, latencyMs, inFlight } of answers) {
          limit.note({ startedAtMs, endedAtMs: startedAtMs + latencyMs, inFlight })
          expect(Number.isInteger(limit.current())).toBe(true)
          expect(limit.current()).toBeGreaterThanOrEqual(1)
          expect(limit.current()).toBeLessThanOrEqual(highest)
        }
      }),
    )
  })
})
