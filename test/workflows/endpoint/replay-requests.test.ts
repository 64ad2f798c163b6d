import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ReplaySelection } from '../../../activities/delivery/operations-journal.ts'
import {
  addReplay,
  readReplayRequest,
  type WaitingReplay,
} from '../../../workflows/endpoint/replay-requests.ts'

const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 128 }), {
  minLength: 1,
  maxLength: 20,
})

describe('a request for a replay', () => {
  test('is read for what it names', () => {
    fc.assert(
      fc.property(fc.option(time), fc.option(ids), (since, wanted) => {
        const request = { since: since?.toISOString() ?? null, ids: wanted }
        const expected = [
          ...(since === null ? [] : [{ since: since.getTime() }]),
          ...(wanted === null ? [] : [{ ids: wanted }]),
        ]
        expect(readReplayRequest(request)).toEqual({
          selections: expected.length === 0 ? [{}] : expected,
        })
      }),
    )
    expect(readReplayRequest(undefined)).toEqual({ selections: [{}] })
  })

  test('is met with an objection or a selection, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (request) => {
        const read = readReplayRequest(request)
        if ('objection' in read) expect(read.objection).toMatch(/^[^\n]+\.$/)
        else expect(read.selections.length).toBeGreaterThan(0)
      }),
    )
  })

  test.each([
    { since: '2026-11-24' },
    { since: '2026-13-01T00:00:00Z' },
    { since: 'tomorrow' },
    { since: 1_795_000_000_000 },
    { ids: [] },
    { ids: [''] },
    { ids: [7] },
    { ids: 'a' },
    { ids: ['x'.repeat(129)] },
    { ids: Array.from({ length: 1_001 }, (_, index) => String(index)) },
    { since: '2026-11-24T06:00:00Z', idz: ['a'] },
  ])('is not guessed at: %j', (request) => {
    expect(readReplayRequest(request)).toEqual({ objection: expect.any(String) as unknown })
  })
})

const selection: fc.Arbitrary<ReplaySelection> = fc.oneof(
  fc.constant({}),
  fc.record({ since: fc.nat() }),
  fc.record({ ids: fc.uniqueArray(fc.nat(30).map(String), { minLength: 1, maxLength: 8 }) }),
)

describe('the replays that wait', () => {
  test('are of each kind one at most, and leave nothing out', () => {
    fc.assert(
      fc.property(fc.array(selection, { maxLength: 40 }), (selections) => {
        const begun: WaitingReplay = { selection: {}, after: 17 }
        let replays: readonly WaitingReplay[] = [begun]
        for (const one of selections) {
          const added = addReplay(replays, one)
          expect(added.objection).toBeUndefined()
          replays = added.replays
        }
        expect(replays[0]).toBe(begun)
        const waiting = replays.slice(1).map((replay) => replay.selection)
        expect(waiting.length).toBeLessThanOrEqual(3)
        const wanted = selections.flatMap((one) => one.ids ?? [])
        expect(new Set(waiting.flatMap((one) => one.ids ?? []))).toEqual(new Set(wanted))
        const times = selections.flatMap(({ since }) => since ?? [])
        expect(waiting.flatMap(({ since }) => since ?? [])).toEqual(
          times.length === 0 ? [] : [Math.min(...times)],
        )
        const isDead = ({ ids: some, since }: ReplaySelection) =>
          some === undefined && since === undefined
        expect(waiting.some(isDead)).toBe(selections.some(isDead))
      }),
    )
  })

  test('do not grow beyond what a payload may hold', () => {
    let replays: readonly WaitingReplay[] = []
    let objections = 0
    for (let request = 0; request < 10; request += 1) {
      const wanted = Array.from({ length: 1_000 }, (_, index) => `${request}-${index}`)
      const added = addReplay(replays, { ids: wanted })
      replays = added.replays
      if (added.objection !== undefined) objections += 1
    }
    expect(replays[0]?.selection.ids).toHaveLength(4_000)
    expect(objections).toBe(6)
  })
})
