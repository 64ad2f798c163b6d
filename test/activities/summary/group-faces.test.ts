import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { groupFaces, maxComparedFaces } from '../../../activities/summary/group-faces.ts'
import type { FaceKey, FaceTemplate } from '../../../activities/summary/transaction-record.ts'
import { packVector, unpackVector } from '../../../lib/envelope/pack-vector.ts'

const threshold = 0.42
const maker = 'model/1'

/** A template in a plane, so that its cosine to another is that of the angle between them. */
function template(imageId: string, index: number, degrees: number, of = maker): FaceTemplate {
  const angle = (degrees * Math.PI) / 180
  return {
    ...{ imageId, index, maker: of },
    vector: packVector(Float32Array.of(Math.cos(angle), Math.sin(angle))),
  }
}

const keysOf = (templates: readonly FaceKey[]) =>
  templates.map(({ imageId, index }) => ({ imageId, index }))

/** The ids of the groups' faces. */
const namesOf = (groups: Awaited<ReturnType<typeof groupFaces>>) =>
  groups.map(({ faces }) => faces.map(({ imageId, index }) => `${imageId}${index}`))

const transactions = fc.uniqueArray(
  fc.record({
    imageId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    index: fc.integer({ min: 0, max: 3 }),
    vector: fc
      .array(fc.integer({ min: -127, max: 127 }), { minLength: 4, maxLength: 4 })
      .map((components) => new Uint8Array(Int8Array.from(components).buffer)),
    maker: fc.constantFrom(maker, maker, maker, 'model/2'),
    isKnown: fc.integer({ min: 0, max: 9 }).map((digit) => digit > 0),
  }),
  { selector: ({ imageId, index }) => `${imageId}${index}`, maxLength: 20 },
)

type Transaction = (FaceTemplate & { isKnown: boolean })[]

const group = (faces: Transaction) =>
  groupFaces(
    keysOf(faces),
    faces.filter(({ isKnown }) => isKnown),
    threshold,
  )

const cosine = (one: FaceTemplate, other: FaceTemplate) => {
  const [a, b] = [unpackVector(one.vector), unpackVector(other.vector)]
  return a.reduce((sum, component, at) => sum + component * (b[at] ?? 0), 0)
}
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

describe('the people of a transaction', () => {
  test('are faces that look alike, of one image each', async () => {
    const templates = [
      template('b', 0, 10),
      template('a', 0, 0),
      template('a', 1, 90),
      template('c', 0, 100),
      template('c', 1, 200),
    ]
    expect(namesOf(await groupFaces(keysOf(templates), templates, threshold))).toEqual([
      ['a0', 'b0'],
      ['a1', 'c0'],
      ['c1'],
    ])
  })

  test('are never two faces of one image, however alike, but the likelier of them', async () => {
    const templates = [template('a', 0, 0), template('a', 1, 3), template('b', 0, 4)]
    expect(namesOf(await groupFaces(keysOf(templates), templates, threshold))).toEqual([
      ['a0'],
      ['a1', 'b0'],
    ])
  })

  test('have each face once, whatever the order and the copies of the input', async () => {
    const runs = transactions.chain((faces) =>
      fc.record({
        faces: fc.constant(faces),
        copies: faces.length === 0 ? fc.constant([]) : fc.array(fc.constantFrom(...faces)),
        seed: fc.infiniteStream(fc.double({ noNaN: true })),
      }),
    )
    await fc.assert(
      fc.asyncProperty(runs, async ({ faces, copies, seed }) => {
        const groups = await group(faces)
        const shuffled = [...faces, ...copies]
          .map((face) => ({ face, at: seed.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ face }) => face)
        expect(await group(shuffled)).toEqual(groups)
        expect(namesOf(groups).flat().sort()).toEqual(
          faces.map(({ imageId, index }) => `${imageId}${index}`).sort(),
        )
        for (const { faces: grouped } of groups) {
          expect(new Set(grouped.map(({ imageId }) => imageId)).size).toBe(grouped.length)
        }
      }),
    )
  })

  test('say their similarities and margins as the contract defines them', async () => {
    await fc.assert(
      fc.asyncProperty(transactions, async (faces) => {
        const known = new Map(
          faces
            .filter(({ isKnown }) => isKnown)
            .map((face) => [`${face.imageId}${face.index}`, face]),
        )
        const groups = await group(faces)
        const people = groups.map((person) =>
          person.faces.flatMap(({ imageId, index }) => known.get(`${imageId}${index}`) ?? []),
        )
        for (const [at, { faces: grouped, margin }] of groups.entries()) {
          const person = people[at] ?? []
          const others = people.filter(
            (other) => other !== person && other[0] && other[0].maker === person[0]?.maker,
          )
          const similarities = person.map((face) =>
            person.length === 1
              ? 1
              : mean(person.filter((other) => other !== face).map((other) => cosine(face, other))),
          )
          for (const [place, { similarity }] of grouped.entries()) {
            expect(similarity).toBeCloseTo(similarities[place] ?? 1, 5)
          }
          if (others.length === 0) {
            expect(margin).toBeUndefined()
          } else {
            const nearest = person.flatMap((face) =>
              others.map((other) => mean(other.map((member) => cosine(face, member)))),
            )
            expect(margin).toBeCloseTo(Math.min(...similarities) - Math.max(...nearest), 5)
          }
        }
      }),
    )
  })

  test('are faces alone where there is no template, or none of the same maker', async () => {
    const templates = [template('a', 0, 0), template('b', 0, 0, 'model/2')]
    const faces = [...keysOf(templates), { imageId: 'c', index: 0 }]
    expect(await groupFaces(faces, templates, threshold)).toEqual(
      faces.map((face) => ({ faces: [{ ...face, similarity: 1 }] })),
    )
  })

  test('take no notice of templates of faces that nobody was told of', async () => {
    const templates = [template('a', 0, 0), template('b', 0, 0), template('b', 1, 90)]
    const told = [
      { imageId: 'a', index: 0 },
      { imageId: 'b', index: 0 },
    ]
    expect(namesOf(await groupFaces(told, templates, threshold))).toEqual([['a0', 'b0']])
  })

  test('are compared up to a limit, the surest faces of each image first', async () => {
    const images = Array.from({ length: maxComparedFaces / 2 }, (_, image) => `i${image} `)
    const templates = images.flatMap((imageId) =>
      [0, 90, 180].map((degrees, index) => template(imageId, index, degrees)),
    )
    const groups = await groupFaces(keysOf(templates), templates, threshold)
    const sizes = groups.map(({ faces }) => faces.length)
    expect(sizes.toSorted((a, b) => b - a)).toEqual([
      images.length,
      images.length,
      ...images.map(() => 1),
    ])
  })

  test('are found in turns with everything else in the process, however many they are', async () => {
    const templates = Array.from({ length: maxComparedFaces }, (_, face) => ({
      ...template(`i${face}`, 0, 0),
      vector: Uint8Array.from({ length: 512 }, (_each, at) => (face * 31 + at * at) % 256),
    }))
    let isGrouping = true
    const countTurns = async () => {
      for (let turns = 0; ; turns += 1) {
        if (!isGrouping) return turns
        await setImmediate()
      }
    }
    const [turns, groups] = await Promise.all([
      countTurns(),
      groupFaces(keysOf(templates), templates, threshold).finally(() => void (isGrouping = false)),
    ])
    expect(namesOf(groups).flat()).toHaveLength(maxComparedFaces)
    expect(turns).toBeGreaterThan(10)
  })
})
