import { beforeAll, describe, expect, test } from '@jest/globals'
import { toBinary } from '@bufbuild/protobuf'
import {
  RecognizedTextSchema,
  type RecognizedText,
} from '../../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import type { LoadedModels } from '../../../workers/vision/load-models.ts'
import { renderDocument, type DocumentToRender } from '../../support/render-document.ts'
import { createTextMeasure } from '../../support/text-width.ts'
import { characterErrorRate } from './character-error-rate.ts'
import { loadOcrModels, readDocument } from './read-document.ts'
import { sampleDocuments } from './sample-documents.ts'

let models: LoadedModels
beforeAll(async () => {
  models = await loadOcrModels()
})

describe('the text of a document', () => {
  test.each(sampleDocuments)('is read in order: $kind', async ({ document, text }) => {
    const message = await readDocument(models, await renderDocument(document))
    expect(characterErrorRate(message?.text ?? '', text)).toBeLessThan(0.02)
    expect(message?.text.split('\n')).toHaveLength(text.split('\n').length)
    for (const { confidence } of message?.lines ?? []) {
      expect(confidence).toBeGreaterThanOrEqual(0.5)
      expect(confidence).toBeLessThanOrEqual(1)
    }
  })
})

const notice: DocumentToRender = {
  width: 800,
  height: 400,
  items: [
    { text: 'Platform 4', x: 60, y: 120, size: 40 },
    { text: 'Platform 9', x: 500, y: 120, size: 40 },
    { text: 'Mind the gap', x: 60, y: 320, size: 40 },
  ],
}

describe('a message', () => {
  test('is the same to the byte each time', async () => {
    const content = await renderDocument(notice)
    const [first, second] = [
      await readDocument(models, content),
      await readDocument(models, content),
    ]
    expect(bytesOf(second)).toEqual(bytesOf(first))
  })

  test('has the cells of a row as lines of their own, with the size of the image and the columns as ranges of lines', async () => {
    const message = await readDocument(models, await renderDocument(notice))
    expect(message?.text).toBe('Platform 4 Platform 9\nMind the gap')
    expect(message?.lines.map(({ text }) => text)).toEqual([
      'Platform 4',
      'Platform 9',
      'Mind the gap',
    ])
    expect(message?.columns.map(({ firstLine, lineCount }) => [firstLine, lineCount])).toEqual([
      [0, 3],
    ])
    expect([message?.imageWidth, message?.imageHeight]).toEqual([800, 400])
  })

  test('has polygons that hold the text closely, clockwise from the top left', async () => {
    const message = await readDocument(models, await renderDocument(notice))
    for (const [index, { polygon }] of (message?.lines ?? []).entries()) {
      const { text, x, y, size = 0 } = notice.items[index] ?? { text: '', x: 0, y: 0 }
      const right = x + createTextMeasure({ size })(text)
      const corners = [
        [x, y - size],
        [right, y - size],
        [right, y],
        [x, y],
      ]
      for (const [corner, point] of polygon.entries()) {
        expect(Math.abs(point.x - (corners[corner]?.[0] ?? 0))).toBeLessThan(10)
        expect(Math.abs(point.y - (corners[corner]?.[1] ?? 0))).toBeLessThan(20)
      }
    }
  })

  test('does not exist for an image without text', async () => {
    expect(
      await readDocument(models, await renderDocument({ width: 640, height: 480, items: [] })),
    ).toBeUndefined()
    const rules = [20, 60, 100].map((y) => ({ x1: 10, x2: 300, y1: y, y2: 2 * y }))
    expect(
      await readDocument(
        models,
        await renderDocument({ width: 320, height: 240, items: [], rules }),
      ),
    ).toBeUndefined()
  })

  test('does not exist for a single pixel', async () => {
    expect(
      await readDocument(models, await renderDocument({ width: 1, height: 1, items: [] })),
    ).toBeUndefined()
  })
})

describe('a claim', () => {
  test('names regions: only they are read, in their order, and places are those in the image', async () => {
    const message = await readDocument(models, await renderDocument(notice), {
      regions: [
        [0, 240, 400, 160],
        [450, 60, 350, 100],
        [5000, 5000, 10, 10],
      ],
    })
    expect(message?.text).toBe('Mind the gap\nPlatform 9')
    expect(message?.lines[1]?.polygon[0]?.x).toBeGreaterThan(490)
    expect(message?.lines[0]?.polygon[0]?.y).toBeGreaterThan(270)
  })

  test('names regions that cover each other: text in both is read once', async () => {
    const message = await readDocument(models, await renderDocument(notice), {
      regions: [
        [0, 0, 800, 200],
        [0, 0, 800, 400],
      ],
    })
    expect(message?.text).toBe('Platform 4 Platform 9\nMind the gap')
  })

  test('asks for a confidence: lines below it are left out', async () => {
    const content = await renderDocument({ ...notice, blur: 5 })
    const all = await readDocument(models, content, { minConfidence: 0 })
    const highest = Math.max(...(all?.lines ?? []).map(({ confidence }) => confidence))
    const best = await readDocument(models, content, { minConfidence: highest - 1e-4 })
    expect(best?.lines.length).toBeLessThan(all?.lines.length ?? 0)
    expect(await readDocument(models, content, { minConfidence: 1 })).toBeUndefined()
  })

  test('asks for a larger detection side: smaller text is found', async () => {
    const items = [{ text: 'The smallest print of all', x: 1200, y: 800, size: 20 }]
    const content = await renderDocument({ width: 2560, height: 1600, items })
    expect(await readDocument(models, content, { detectionSide: 320 })).toBeUndefined()
    const found = await readDocument(models, content, { detectionSide: 1280 })
    expect(found?.text).toBe(items[0]?.text)
  })

  test('that would take minutes is refused before the work', async () => {
    const content = await renderDocument({ width: 2400, height: 2400, items: [] })
    const regions = Array.from({ length: 32 }, () => [0, 0, 2400, 2400])
    await expect(
      readDocument(models, content, { detectionSide: 2560, regions }),
    ).rejects.toMatchObject({
      code: 'too-much-text',
      retryable: false,
    })
  })
})

function bytesOf(message: RecognizedText | undefined): Uint8Array {
  if (message === undefined) throw new TypeError('there is no message')
  return toBinary(RecognizedTextSchema, message)
}
