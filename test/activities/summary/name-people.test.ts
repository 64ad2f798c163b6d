import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { namePeople } from '../../../activities/summary/name-people.ts'
import type { FaceKey } from '../../../activities/summary/transaction-record.ts'

const key = { clientId: 'client', correlationId: 'case' }
const face = (name: string): FaceKey => ({ imageId: name, index: 0 })
const people = (...groups: string[]) => groups.map((names) => Array.from(names, face))
const former = (groups: FaceKey[][], ids: readonly string[]) =>
  groups.map((faces, at) => ({ personId: ids[at] ?? '', faces }))

/** The faces `a` to `j` in some groups. */
const partitions = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 10 })
  .map((owners) =>
    [...Map.groupBy(owners.keys(), (at) => owners[at] ?? 0).values()].map((members) =>
      members.map((at) => face('abcdefghij'.charAt(at))),
    ),
  )

describe('the ids of people', () => {
  test('stay when faces are added, wherever these come in the order', () => {
    const before = people('mn', 'xy')
    const ids = namePeople(key, before, [])
    const after = people('amn', 'bxyz', 'c')
    const [first, second, third] = namePeople(key, after, former(before, ids))
    expect([first, second]).toEqual(ids)
    expect(ids).not.toContain(third)
  })

  test('go with the most faces when a person turns out to be two, or two to be one', () => {
    const whole = people('abcde')
    const [id] = namePeople(key, whole, [])
    const parts = people('ab', 'cde')
    const [fewer, more] = namePeople(key, parts, former(whole, [id ?? '']))
    expect(more).toBe(id)
    expect(fewer).not.toBe(id)
    const again = namePeople(key, whole, former(parts, [fewer ?? '', more ?? '']))
    expect(again).toEqual([more])
  })

  test('are each given once, and always the same for the same history', () => {
    fc.assert(
      fc.property(fc.array(partitions, { minLength: 1, maxLength: 4 }), (revisions) => {
        let told: { personId: string; faces: FaceKey[] }[] = []
        for (const groups of revisions) {
          const ids = namePeople(key, groups, told)
          expect(new Set(ids).size).toBe(groups.length)
          expect(namePeople(key, groups, told.toReversed())).toEqual(ids)
          for (const [at, group] of groups.entries()) {
            const same = told.find((person) => sameFaces(person.faces, group))
            if (same !== undefined) expect(ids[at]).toBe(same.personId)
          }
          told = former(groups, ids)
        }
      }),
    )
  })

  test('say nothing across transactions and clients', () => {
    const groups = people('a', 'b')
    const ids = [
      ...namePeople(key, groups, []),
      ...namePeople({ ...key, clientId: 'other' }, groups, []),
      ...namePeople({ ...key, correlationId: 'other' }, groups, []),
    ]
    expect(new Set(ids).size).toBe(6)
  })
})

function sameFaces(one: readonly FaceKey[], other: readonly FaceKey[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
