import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createDeviceMemory } from '../../../gateway/authentication/device-memory.ts'
import { createUsedAssertions } from '../../../gateway/authentication/used-assertions.ts'
import type { DeviceKey } from '../../../lib/token/read-device-key.ts'

const key: DeviceKey = { kty: 'OKP', crv: 'Ed25519', x: 'AA' }
const maxAgeMs = 100

const devices = ['a', 'b'].flatMap((clientId) => ['k1', 'k2'].map((kid) => ({ clientId, kid })))
const nameOf = (device: { clientId: string; kid: string }) => `${device.clientId} ${device.kid}`

/** What happens to devices in the database, what a process asks of it, and in which order the answers come. */
const kind = fc.constantFrom(
  'switch',
  'suspend',
  'ask',
  'ask',
  'refresh',
  'answer',
  'answer',
  'wait',
)
const step = fc.record({ kind, device: fc.constantFrom(...devices), which: fc.nat({ max: 60 }) })
type Step = { kind: string; device: (typeof devices)[number]; which: number }

/** A database, and a process that asks it: what it remembers, and what the latest questions have found. */
function createWorld() {
  let nowMs = 0
  const memory = createDeviceMemory({ maxAgeMs, elapsedMs: () => nowMs })
  const keys = new Set<string>()
  const suspended = new Set<string>()
  const latest = new Map<string, { readonly counts: boolean; readonly askedMs: number }>()
  const answers: (() => void)[] = []
  const learn = (device: { clientId: string; kid: string }, counts: boolean, askedMs: number) => {
    const known = latest.get(nameOf(device))
    if ((known?.askedMs ?? -1) <= askedMs) latest.set(nameOf(device), { counts, askedMs })
  }
  const toggle = (set: Set<string>, name: string) => {
    if (!set.delete(name)) set.add(name)
  }
  const ask = (device: Step['device'], askedMs: number) => {
    const isSuspended = suspended.has(device.clientId)
    const hasKey = keys.has(nameOf(device))
    answers.push(() => {
      if (isSuspended) memory.forgetClient(device.clientId, askedMs)
      else memory.note(device, hasKey ? key : undefined, askedMs)
      for (const it of devices)
        if (isSuspended && it.clientId === device.clientId) learn(it, false, askedMs)
      if (!isSuspended) learn(device, hasKey, askedMs)
    })
  }
  const refresh = (askedMs: number) => {
    const asked = memory.names()
    const active = asked.filter((it) => keys.has(nameOf(it)) && !suspended.has(it.clientId))
    answers.push(() => {
      memory.confirm(asked, active, askedMs)
      for (const it of asked) learn(it, active.includes(it), askedMs)
    })
  }
  return {
    take({ kind: what, device, which }: Step) {
      // No two questions are asked at the same moment.
      nowMs += what === 'wait' ? which + 1 : 1
      if (what === 'switch') toggle(keys, nameOf(device))
      if (what === 'suspend') toggle(suspended, device.clientId)
      if (what === 'ask') ask(device, nowMs)
      if (what === 'refresh') refresh(nowMs)
      if (what === 'answer') answers.splice(which % Math.max(1, answers.length), 1)[0]?.()
    },
    known: () =>
      devices
        .filter((device) => memory.find(device) !== undefined)
        .map((device) => ({
          ageMs: nowMs - (latest.get(nameOf(device))?.askedMs ?? 0),
          ...latest.get(nameOf(device)),
        })),
  }
}

describe('createDeviceMemory', () => {
  test('never knows a key that did not count when the database was last asked about it, or too long ago', () => {
    let everKnown = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const world = createWorld()
        for (const it of steps) {
          world.take(it)
          for (const { counts, ageMs } of world.known()) {
            everKnown += 1
            expect(counts).toBe(true)
            expect(ageMs).toBeLessThanOrEqual(maxAgeMs)
          }
        }
      }),
      { numRuns: 1_000 },
    )
    expect(everKnown).toBeGreaterThan(1_000)
  })

  test('knows a key that counts, until its client does not', () => {
    const memory = createDeviceMemory({ maxAgeMs, elapsedMs: () => 5 })
    memory.note({ clientId: 'a', kid: 'k1' }, key, 1)
    memory.note({ clientId: 'a', kid: 'k2' }, key, 2)
    memory.note({ clientId: 'b', kid: 'k1' }, key, 2)
    expect(memory.find({ clientId: 'a', kid: 'k1' })).toEqual(key)
    memory.forgetClient('a', 3)
    expect(memory.find({ clientId: 'a', kid: 'k1' })).toBeUndefined()
    expect(memory.find({ clientId: 'a', kid: 'k2' })).toBeUndefined()
    expect(memory.find({ clientId: 'b', kid: 'k1' })).toEqual(key)
  })

  test('is bounded: it forgets the device that came longest ago', () => {
    const memory = createDeviceMemory({ maxAgeMs, elapsedMs: () => 0 })
    for (let n = 0; n <= 10_000; n += 1) memory.note({ clientId: 'a', kid: `k${n}` }, key, 0)
    expect(memory.names()).toHaveLength(10_000)
    expect(memory.find({ clientId: 'a', kid: 'k0' })).toBeUndefined()
    expect(memory.find({ clientId: 'a', kid: 'k1' })).toEqual(key)
  })
})

describe('createUsedAssertions', () => {
  /** An assertion is accepted for less than so long after its first use: its life and the skew of both clocks. */
  const acceptedMs = 390_000

  test('knows every use for as long as the assertion may come again', () => {
    const use = fc.record({
      jti: fc.nat({ max: 20 }).map(String),
      afterMs: fc.nat({ max: 300_000 }),
    })
    fc.assert(
      fc.property(fc.array(use, { maxLength: 60 }), (uses) => {
        let nowMs = 0
        const usedAtMs = new Map<string, number>()
        const used = createUsedAssertions(() => nowMs)
        for (const { jti, afterMs } of uses) {
          nowMs += afterMs
          const at = usedAtMs.get(jti)
          const wasUsed = used.wasUsed({ clientId: 'a', jti })
          if (at === undefined) expect(wasUsed).toBe(false)
          else if (nowMs - at < acceptedMs) expect(wasUsed).toBe(true)
          expect(used.wasUsed({ clientId: 'b', jti })).toBe(false)
          if (wasUsed) continue
          expect(used.add({ clientId: 'a', jti })).toBe(true)
          usedAtMs.set(jti, nowMs)
        }
      }),
    )
  })

  test('says that it does not know all when it is full, until that does not matter any more', () => {
    let nowMs = 0
    const used = createUsedAssertions(() => nowMs)
    for (let n = 0; n < 50_000; n += 1) used.add({ clientId: 'a', jti: String(n) })
    expect(used.isComplete()).toBe(true)
    expect(used.add({ clientId: 'a', jti: 'one-more' })).toBe(false)
    expect(used.isComplete()).toBe(false)
    expect(used.wasUsed({ clientId: 'a', jti: '0' })).toBe(true)
    nowMs += acceptedMs
    expect(used.isComplete()).toBe(true)
  })
})
