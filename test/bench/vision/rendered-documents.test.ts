import { describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { createDraw } from '../../../bench/vision/document-words.ts'
import { documentKinds } from '../../../bench/vision/rendered-documents.ts'
import { documentVariations, varyDocument } from '../../../bench/vision/vary-document.ts'

describe.each(Object.entries(documentKinds))('a %s', (_, make) => {
  test('says on its page what its rows say, inside the page', () => {
    for (const seed of [0, 1, 2]) {
      const { document, rows } = make(createDraw(seed))
      expect(document.items.map(({ text }) => text)).toEqual(rows.flatMap(({ cells }) => cells))
      for (const { y, size } of rows) {
        expect(y - size).toBeGreaterThan(0)
        expect(y + size * 0.3).toBeLessThan(document.height)
      }
    }
  })

  test('is the same for the same seed, and another for another', () => {
    expect(make(createDraw(1))).toEqual(make(createDraw(1)))
    expect(make(createDraw(1))).not.toEqual(make(createDraw(2)))
  })
})

describe('varyDocument', () => {
  const rows = Array.from({ length: 10 }, (_, at) => ({
    ...{ cells: [`row ${at}`], y: 40 + at * 40, size: 24 },
  }))
  const image = sharp({
    create: { width: 300, height: 460, channels: 3, background: '#ffffff' },
  })
    .png()
    .toBuffer()

  test.each(documentVariations)('asks for what $name leaves', async (variation) => {
    const varied = await varyDocument(await image, { rows }, variation)
    const { height } = await sharp(varied.content).metadata()
    const hidden = { 'a row': 1, 'the lower part': 4 }
    expect(rows.length - varied.rows.length).toBe(
      variation.hides === undefined ? 0 : hidden[variation.hides],
    )
    for (const { y } of varied.rows) expect(y * (variation.scale ?? 1)).toBeLessThan(height)
  })
})
