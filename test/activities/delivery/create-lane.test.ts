import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createHostLimiter,
  type HostLimiter,
} from '../../../activities/delivery/create-host-limiter.ts'
import { createLanes, type Lanes } from '../../../activities/delivery/create-lanes.ts'
import type { Lane, LaneLimits } from '../../../activities/delivery/create-lane.ts'

const nobody = () => undefined
const never = new AbortController().signal
const url = new URL('http://hooks.example/hook')
const opened: Lanes[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((lanes) => lanes.close()))
})

/** Lanes whose senders only count how many there are. */
function createTestLanes(hosts: HostLimiter = createHostLimiter(100)) {
  const counts = { made: 0, closed: 0 }
  const lanes = createLanes({
    hosts,
    createSender() {
      counts.made += 1
      return {
        post: () => Promise.resolve({ error: 'never' }),
        close: () => Promise.resolve(void (counts.closed += 1)),
      }
    },
  })
  opened.push(lanes)
  /** A lane whose endpoint has answered before. */
  const enter = (endpointId: string, limits: LaneLimits = {}) => {
    const lane = lanes.enter(endpointId, url, limits)
    if (lane.inFlight === 0 && limits.maxRate === undefined) {
      lane.take(1, nobody)
      lane.release(performance.now())
    }
    return lane
  }
  return { lanes, counts, enter }
}

/** Takes places until there are none. */
function fill(lane: Lane, onFree: () => void = nobody): number {
  let taken = 0
  while (lane.take(1, onFree) === 0) taken += 1
  return taken
}

describe('a lane', () => {
  test('has as many places as the claim says', () => {
    const { enter } = createTestLanes()
    const lane = enter('one', { maxConcurrency: 3 })
    expect(fill(lane)).toBe(3)
    expect(lane.inFlight).toBe(3)
    lane.release()
    expect(fill(lane)).toBe(1)
  })

  test('is the same for all who are in it, and its connections are closed after them', async () => {
    const { lanes, counts, enter } = createTestLanes()
    const first = enter('one')
    expect(enter('one')).toBe(first)
    expect(enter('two')).not.toBe(first)
    lanes.leave('one')
    expect(enter('one')).toBe(first)
    expect(counts.made).toBe(2)
    await lanes.close()
    expect(counts.closed).toBe(2)
  })

  test('follows the claim', () => {
    const { enter } = createTestLanes()
    const lane = enter('one', { maxConcurrency: 2 })
    expect(fill(lane)).toBe(2)
    enter('one', { maxConcurrency: 4 })
    lane.release(performance.now())
    expect(fill(lane)).toBe(3)
  })

  test('keeps its rate between one user and the next', () => {
    const { lanes, enter } = createTestLanes()
    const limits = { maxRate: 0.01 }
    const before = enter('one', limits)
    expect(fill(before)).toBe(1)
    before.release()
    lanes.leave('one')
    const lane = enter('one', limits)
    const waitMs = lane.take(1, nobody)
    expect(waitMs).toBeGreaterThan(0)
    expect(waitMs).toBeLessThanOrEqual(100_000)
  })

  test('tells who was refused when there is a place', () => {
    const { enter } = createTestLanes()
    const lane = enter('one', { maxConcurrency: 1 })
    let told = 0
    fill(lane, () => void (told += 1))
    expect(told).toBe(0)
    lane.release()
    expect(told).toBe(1)
  })

  test('after trouble has one place', () => {
    const { enter } = createTestLanes()
    const lane = enter('one')
    lane.probe()
    expect(fill(lane)).toBe(1)
  })
})

describe('a host without a place', () => {
  test('still takes the first request of every endpoint', () => {
    const { enter } = createTestLanes(createHostLimiter(3))
    expect(fill(enter('tarpit'))).toBe(4)
    const others = ['one', 'two', 'three'].map((id) => enter(id))
    expect(others.map((lane) => fill(lane))).toEqual([1, 1, 1])
  })

  test('has one when another endpoint’s request ends', () => {
    const { enter } = createTestLanes(createHostLimiter(3))
    const tarpit = enter('tarpit')
    fill(tarpit)
    const other = enter('other')
    let told = 0
    fill(other, () => void (told += 1))
    // The tarpit asked first.
    tarpit.release()
    expect(told).toBe(0)
    tarpit.release()
    expect(told).toBe(1)
    expect(fill(other)).toBe(2)
    // What is given back is what was taken: in the end all places are there again.
    for (let count = 0; count < 2; count += 1) tarpit.release()
    for (let count = 0; count < 3; count += 1) other.release()
    expect(fill(enter('third'))).toBe(4)
  })
})

describe('who waits for a place', () => {
  test('gets the next one, before the queue does', async () => {
    const { enter } = createTestLanes()
    const lane = enter('one', { maxConcurrency: 1 })
    let told = 0
    const onFree = () => void (told += 1)
    fill(lane, onFree)
    const waiting = lane.takeWithin(60_000, never)
    lane.release()
    expect(lane.take(1, onFree)).toBe(Infinity)
    await expect(waiting).resolves.toBe(true)
    expect(lane.inFlight).toBe(1)
    lane.release()
    expect(told).toBeGreaterThan(0)
    expect(lane.take(1, onFree)).toBe(0)
  })

  test('gives up in time, or when it is to stop', async () => {
    const { enter } = createTestLanes()
    const lane = enter('one', { maxConcurrency: 1 })
    fill(lane)
    await expect(lane.takeWithin(10, never)).resolves.toBe(false)
    const stop = new AbortController()
    const waiting = lane.takeWithin(60_000, stop.signal)
    stop.abort()
    await expect(waiting).resolves.toBe(false)
    lane.release()
    expect(fill(lane)).toBe(1)
  })
})
