import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { statesOf, type KeyState, type KeyTimes } from '../../../lib/token/key-schedule.ts'

const retainMs = 100
const order: readonly KeyState[] = ['next', 'active', 'retiring', 'retired']

/** Keys as rotations make them: each later than the one before, the first one at 0. */
const keys = fc
  .array(fc.integer({ min: 1, max: 300 }), { maxLength: 6 })
  .map((gaps) =>
    gaps.reduce<KeyTimes[]>(
      (made, gap) => [
        ...made,
        { kid: `key-${made.length}`, activeFrom: (made.at(-1)?.activeFrom ?? 0) + gap },
      ],
      [{ kid: 'key-0', activeFrom: 0 }],
    ),
  )
const time = fc.integer({ min: 0, max: 3_000 })

describe('the states of keys', () => {
  test('are such that exactly one key is active at any time', () => {
    fc.assert(
      fc.property(keys, time, (known, now) => {
        const states = [...statesOf(known, now, retainMs).values()]
        expect(states.filter((state) => state === 'active')).toHaveLength(1)
      }),
    )
  })

  test('only ever move on', () => {
    fc.assert(
      fc.property(keys, time, fc.nat(3_000), (known, now, later) => {
        const before = statesOf(known, now, retainMs)
        const after = statesOf(known, now + later, retainMs)
        for (const { kid } of known) {
          const [from = 'retired', to = 'next'] = [before.get(kid), after.get(kid)]
          expect(order.indexOf(to)).toBeGreaterThanOrEqual(order.indexOf(from))
        }
      }),
    )
  })

  test('accept what was made with the active key for as long as it is kept, whatever keys come', () => {
    fc.assert(
      fc.property(keys, time, fc.nat(retainMs - 1), (known, now, age) => {
        const [kid = ''] = [...statesOf(known, now, retainMs)].find(([, s]) => s === 'active') ?? []
        expect(['active', 'retiring']).toContain(statesOf(known, now + age, retainMs).get(kid))
      }),
    )
  })

  test('are the same in whatever order the keys are read', () => {
    fc.assert(
      fc.property(keys, time, (known, now) => {
        const states = statesOf(known, now, retainMs)
        expect(new Map([...statesOf(known.toReversed(), now, retainMs)].sort())).toEqual(
          new Map([...states].sort()),
        )
      }),
    )
  })

  test('end at once for a key that an operator takes out of use, which changes nothing for the others', () => {
    fc.assert(
      fc.property(keys, time, fc.nat(10), (known, now, pick) => {
        const before = statesOf(known, now, retainMs)
        const target = known[pick % known.length]
        if (target === undefined || before.get(target.kid) === 'active') return
        const after = statesOf(
          known.map((key) => (key === target ? { ...key, retiredAt: now } : key)),
          now,
          retainMs,
        )
        expect(after.get(target.kid)).toBe('retired')
        expect([...after].find(([, state]) => state === 'active')).toEqual(
          [...before].find(([, state]) => state === 'active'),
        )
      }),
    )
  })

  test('give the place to no key that was taken back before its time', () => {
    const known = [
      { kid: 'first', activeFrom: 0 },
      { kid: 'taken back', activeFrom: 50, retiredAt: 40 },
    ]
    expect(statesOf(known, 1_000, retainMs).get('first')).toBe('active')
  })
})
