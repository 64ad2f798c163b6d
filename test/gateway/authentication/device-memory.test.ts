import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createDeviceMemory } from '../../../gateway/authentication/device-memory.ts'
import { createUsedAssertions } from '../../../gateway/authentication/used-assertions.ts'
import type { DeviceKey } from '../../../lib/token/read-device-key.ts'

const key: DeviceKey = { kty: 'OKP', crv: 'Ed25519', x: 'AA' }
const maxAgeMs = 100

/** What happens to devices in the database, and what of it a process reads, in which order the answers come. */
const device = fc.record({
  clientId: fc.constantFrom('a', 'b'),
  kid: fc.constantFrom('k1', 'k2'),
})
const step = fc.oneof(
  fc.record({ kind: fc.constant('enable' as const), device }),
  fc.record({ kind: fc.constant('disable' as const), device }),
  fc.record({ kind: fc.constant('suspend' as const), device }),
  fc.record({ kind: fc.constant('ask' as const), device }),
  fc.record({ kind: fc.constant('refresh' as const) }),
  fc.record({ kind: fc.constant('answer' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }),
)

describe('createDeviceMemory', () => {
  test('never knows a key that did not count when the database was last asked about it, or too long ago', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let nowMs = 0
        const nameOf = (it: { clientId: string; kid: string }) => `${it.clientId} ${it.kid}`
        const counting = new Set<string>()
        /** What the latest question of those that were answered has found, and when. */
        const latest = new Map<string, { readonly counts: boolean; readonly askedMs: number }>()
        const memory = createDeviceMemory({ maxAgeMs, elapsedMs: () => nowMs })
        const pending: (() => void)[] = []
        const learn = (name: string, counts: boolean, askedMs: number) => {
          if ((latest.get(name)?.askedMs ?? -1) <= askedMs) latest.set(name, { counts, askedMs })
        }
        for (const it of steps) {
          // No two questions are at the same moment.
          nowMs += 1
          const askedMs = nowMs
          if (it.kind === 'enable') counting.add(nameOf(it.device))
          if (it.kind === 'disable') counting.delete(nameOf(it.device))
          if (it.kind === 'suspend')
            for (const kid of ['k1', 'k2']) counting.delete(nameOf({ ...it.device, kid }))
          if (it.kind === 'wait') nowMs += it.ms
          if (it.kind === 'ask') {
            const counts = counting.has(nameOf(it.device))
            pending.push(() => {
              memory.note(it.device, counts ? key : undefined, askedMs)
              learn(nameOf(it.device), counts, askedMs)
            })
          }
          if (it.kind === 'refresh') {
            const asked = memory.names()
            const active = asked.filter((one) => counting.has(nameOf(one)))
            pending.push(() => {
              memory.confirm(asked, active, askedMs)
              for (const one of asked) learn(nameOf(one), active.includes(one), askedMs)
            })
          }
          if (it.kind === 'answer') pending.splice(it.which % (pending.length || 1), 1)[0]?.()
          for (const clientId of ['a', 'b'])
            for (const kid of ['k1', 'k2']) {
              if (memory.find({ clientId, kid }) === undefined) continue
              const known = latest.get(nameOf({ clientId, kid }))
              expect(known?.counts).toBe(true)
              expect(nowMs - (known?.askedMs ?? -Infinity)).toBeLessThanOrEqual(maxAgeMs)
            }
        }
      }),
      { numRuns: 500 },
    )
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
