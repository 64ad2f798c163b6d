import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readLabels } from '../../../../bench/vision/evaluation/read-labels.ts'
import { IpsError } from '../../../../lib/errors/ips-error.ts'

const label = fc.record(
  {
    image: fc.string({ minLength: 1, maxLength: 40 }),
    faces: fc.array(
      fc.record(
        {
          box: fc.tuple(fc.integer(), fc.integer(), fc.nat(), fc.nat()).map((box) => {
            const [left, top, width, height] = box.map((value) => value % 5_000)
            return [left ?? 0, top ?? 0, width ?? 0, height ?? 0] as const
          }),
          person: fc.string({ minLength: 1, maxLength: 10 }),
        },
        { requiredKeys: ['box'] },
      ),
      { maxLength: 3 },
    ),
    lines: fc.array(fc.string(), { maxLength: 3 }),
    text: fc.string(),
  },
  { requiredKeys: ['image'] },
)

describe('readLabels', () => {
  test('reads back what is written, by image', () => {
    const labels = fc.uniqueArray(label, { selector: ({ image }) => image, maxLength: 5 })
    fc.assert(
      fc.property(labels, (written) => {
        const text = written.map((one) => `${JSON.stringify(one)}\n`).join('\n')
        const read = readLabels(text)
        expect([...read.keys()]).toEqual(written.map(({ image }) => image))
        expect([...read.values()]).toEqual(JSON.parse(JSON.stringify(written)))
      }),
    )
  })

  test('refuses whatever is no label, with the number of its line and no other error', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((value) => JSON.stringify({ image: 'a.jpg', ...value })),
    )
    fc.assert(
      fc.property(hostile, (line) => {
        try {
          readLabels(`{"image":"first.jpg"}\n${line}`)
        } catch (error) {
          expect(error).toBeInstanceOf(IpsError)
          expect(error).toMatchObject({ code: 'label-malformed' })
          expect(String(error)).toMatch(/line [0-9]+ of the labels/)
        }
      }),
    )
  })

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['without an image', '{"faces":[]}'],
    ['with a member that is not known', '{"image":"a","face":[]}'],
    ['with a box of three numbers', '{"image":"a","faces":[{"box":[1,2,3]}]}'],
    ['with a box of negative width', '{"image":"a","faces":[{"box":[0,0,-1,1]}]}'],
    ['with a box beyond all images', '{"image":"a","faces":[{"box":[0,0,1e9,1]}]}'],
    ['that comes twice', '{"image":"a"}\n{"image":"a"}'],
    ['with a prototype', '{"image":"a","__proto__":{"faces":[]}}'],
  ])('refuses a label %s', (_, text) => {
    expect(() => readLabels(text)).toThrow(expect.objectContaining({ code: 'label-malformed' }))
  })
})
