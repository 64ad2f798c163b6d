import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  findAgreements,
  type Agreement,
} from '../../../../activities/summary/agreements/find-agreements.ts'
import type { ImageLine } from '../../../../activities/summary/agreements/read-fields.ts'

/** Words of which some are near to others, some labels, some numbers: many lines agree, in whole or in part. */
const word = fc.constantFrom(
  ...[
    'Johannes',
    'Johanmes',
    'Kepler',
    'Kepier',
    'Maria',
    'Name:',
    'Total',
    'Order',
    '4711',
    '4712',
  ],
  ...['471108', '47 11 08 15', '12.5', 'ß', 'Straße', 'Anna-Berg', 'annaberg', '王小明'],
)
const text = fc.oneof(
  fc.array(word, { maxLength: 6 }).map((words) => words.join(' ')),
  fc.array(word, { maxLength: 3 }).map((words) => words.join('')),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)

const lines = fc
  .array(
    fc.array(fc.record({ text, confidence: fc.constantFrom(0.6, 0.9, 1) }), { maxLength: 8 }),
    { maxLength: 5 },
  )
  .map((images) =>
    images.flatMap((of, image) =>
      of.map((line, index): ImageLine => ({ ...line, imageId: `image ${image}`, line: index })),
    ),
  )

const shuffled = <T>(list: readonly T[]) =>
  fc.shuffledSubarray([...list], { minLength: list.length })

/** Letters and digits alone: what must be left of a text for it to be the same. */
const fold = (of: string) =>
  of
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase()
    .toLowerCase()

describe('agreements', () => {
  test('are the same whatever the order and the copies of the lines', async () => {
    const runs = lines.chain((all) =>
      fc.record({
        all: fc.constant(all),
        other: fc
          .subarray(all)
          .chain((copies) => shuffled([...all, ...copies.map((line) => ({ ...line }))])),
      }),
    )
    await fc.assert(
      fc.asyncProperty(runs, async ({ all, other }) => {
        expect(await findAgreements(other)).toEqual(await findAgreements(all))
      }),
    )
  })

  test('are never in one image alone, and never say the same words of a line twice', async () => {
    await fc.assert(
      fc.asyncProperty(lines, async (all) => {
        const agreements = await findAgreements(all)
        for (const { occurrences } of agreements) {
          expect(new Set(occurrences.map(({ imageId }) => imageId)).size).toBeGreaterThan(1)
        }
        for (const { imageId, line, text: read } of all) {
          const here = agreements.flatMap(({ occurrences }) =>
            occurrences.filter((other) => other.imageId === imageId && other.line === line),
          )
          // Where a line says something twice, each time is an occurrence.
          for (const part of new Set(here.map((occurrence) => occurrence.text))) {
            const times = here.filter((occurrence) => occurrence.text === part).length
            expect(read.split(part).length - 1).toBeGreaterThanOrEqual(times)
          }
        }
      }),
    )
  })

  test('say how far every reading is from the others, and that no digit is another', async () => {
    await fc.assert(
      fc.asyncProperty(lines, async (all) => {
        for (const { text: agreed, score, occurrences } of await findAgreements(all)) {
          const similarities = occurrences.map(({ similarity }) => similarity)
          expect(Math.min(...similarities)).toBe(score)
          expect(score).toBeGreaterThanOrEqual(0.9)
          for (const occurrence of occurrences) {
            const isSame = fold(occurrence.text) === fold(agreed)
            expect(occurrence.similarity === 1).toBe(isSame)
            const digits = (of: string) => fold(of).replaceAll(/\P{N}/gu, '')
            expect(digits(occurrence.text)).toBe(digits(agreed))
          }
        }
      }),
    )
  })

  test('are found again in what they say', async () => {
    const again = (agreements: readonly Agreement[]) =>
      agreements.map(({ text: agreed, score }) => [agreed, score])
    await fc.assert(
      fc.asyncProperty(lines, async (all) => {
        const first = await findAgreements(all)
        const told = new Set(
          first.flatMap(({ occurrences }) =>
            occurrences.map(({ imageId, line }) => `${imageId} ${line}`),
          ),
        )
        const rest = all.filter(({ imageId, line }) => told.has(`${imageId} ${line}`))
        expect(again(await findAgreements(rest))).toEqual(again(first))
      }),
    )
  })

  test('find a field again in which OCR has mistaken a letter, whatever else is there', async () => {
    const field = fc.stringMatching(/^[a-z]{5,9} [a-z]{5,9}$/)
    const noise = fc.array(fc.stringMatching(/^[0-9]{5,8}$/), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(field, fc.nat(), noise, noise, async (read, at, one, other) => {
        const place = at % 5
        const mistaken = `${read.slice(0, place)}é${read.slice(place + 1)}`
        fc.pre(mistaken.normalize('NFKD').replaceAll(/\p{M}/gu, '') !== read)
        const images = [
          [...one, read],
          [mistaken, ...other],
        ]
        const all = images.flatMap((texts, image) =>
          texts.map((each, line) => ({
            imageId: String(image),
            line,
            text: each,
            confidence: 0.9,
          })),
        )
        const near = (await findAgreements(all)).filter(({ score }) => score < 1)
        expect(near).toHaveLength(1)
        expect(near[0]?.occurrences.map(({ text: each }) => each)).toEqual([read, mistaken])
      }),
    )
  })

  test('are not found in texts that have nothing to do with each other', async () => {
    const unrelated = fc.uniqueArray(fc.stringMatching(/^[a-m]{6,12}$/), {
      minLength: 2,
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(unrelated, async (texts) => {
        // Letters of one half in one image, of the other half in the other.
        const other = texts.map((each) =>
          Array.from(each, (letter) => String.fromCharCode(letter.charCodeAt(0) + 13)).join(''),
        )
        const all = [texts, other].flatMap((of, image) =>
          of.map((each, line) => ({ imageId: String(image), line, text: each, confidence: 1 })),
        )
        expect(await findAgreements(all)).toEqual([])
      }),
    )
  })

  test('of a thousand images are found in bounded time and size', async () => {
    const all = Array.from({ length: 1_000 }, (_, image) =>
      Array.from({ length: 60 }, (_, line) => ({
        imageId: `image ${image}`,
        ...{ line, confidence: 1 },
        text: `line number ${line} of ${'abcdefgh'.repeat(1 + (image % 3))} ${image * 60 + line}`,
      })),
    ).flat()
    const same = all.map((line) => ({ ...line, text: `the same ${line.line % 9} text` }))
    expect(await findAgreements(all)).toEqual(await findAgreements(all.toReversed()))
    const occurrences = (await findAgreements(same)).flatMap((agreement) => agreement.occurrences)
    expect(occurrences.length).toBeGreaterThan(1_000)
    expect(occurrences.length).toBeLessThanOrEqual(4_096)
  }, 120_000)
})
