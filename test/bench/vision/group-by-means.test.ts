import { describe, expect, test } from '@jest/globals'
import { groupByMeans } from '../../../bench/vision/group-by-means.ts'

function face(person: string, file: string, x: number, y: number) {
  const vector = Float32Array.from([x, y].map((value) => value / Math.hypot(x, y)))
  const photo = { file, source: 'samples' as const, content: Buffer.of(), faces: [] }
  return { person, photo, variation: 'as it is', raw: vector, plain: vector, mirrored: vector }
}

const groupsOf = (faces: ReturnType<typeof face>[], threshold: number) =>
  groupByMeans(faces, ({ plain }) => plain, threshold)
    .map((group) => group.map(({ person }) => person).sort())
    .sort()

describe('groupByMeans', () => {
  test('joins what is near, the nearest first, and leaves the others alone', () => {
    const faces = [face('a', '1', 1, 0), face('b', '2', 0, 1), face('a', '3', 1, 0.1)]
    expect(groupsOf(faces, 0.9)).toEqual([['a', 'a'], ['b']])
    expect(groupsOf(faces, 1.1)).toEqual([['a'], ['a'], ['b']])
  })

  test('compares the means, which are nearer than the faces are in the mean', () => {
    const faces = [face('a', '1', 1, 0.5), face('a', '2', 1, -0.5), face('a', '3', 1, 0)]
    // The second has 0.60 and 0.894 with the others, 0.747 in the mean, and 0.768 with the mean of both.
    expect(groupsOf(faces, 0.76)).toEqual([['a', 'a', 'a']])
    expect(groupsOf(faces, 0.77)).toEqual([['a'], ['a', 'a']])
  })

  test('never joins two faces of one photo', () => {
    const photo = { file: '1', source: 'samples' as const, content: Buffer.of(), faces: [] }
    const twins = [face('a', '1', 1, 0), face('b', '1', 1, 0)].map((one) => ({ ...one, photo }))
    expect(groupsOf(twins, 0.5)).toEqual([['a'], ['b']])
  })
})
