import { describe, expect, test } from '@jest/globals'
import type {
  EvaluatedImage,
  EvaluatedImages,
} from '../../../../activities/evaluation/evaluated-images.ts'
import { readLabels } from '../../../../bench/vision/evaluation/read-labels.ts'
import { summariseRun } from '../../../../bench/vision/evaluation/summarise-run.ts'
import { packVector } from '../../../../lib/envelope/pack-vector.ts'

const root = 'com.reactivearchitecturecookbook'

function face(left: number, confidence: number) {
  return { boundingBox: { left, top: 0, width: 100, height: 120 }, confidence, index: 0 }
}

function faces(image: string, found: readonly object[], vectors: number[][] = []): EvaluatedImage {
  const templates = vectors.map((vector, index) => ({
    ...{ index, vector: Buffer.from(packVector(Float32Array.from(vector))).toString('base64') },
  }))
  return {
    ...{ image, bytes: 1_000, width: 640, height: 480, cpuMs: 50 },
    results: [
      { type: `${root}.faceextract.v2m0.ExtractedFaces`, data: { faces: found } },
      { type: `${root}.identity.v1m0.FaceTemplates`, data: { maker: 'm', templates } },
    ],
  }
}

function text(image: string, lines: readonly string[]): EvaluatedImage {
  const data = {
    text: lines.join('\n'),
    lines: lines.map((line) => ({ text: line, confidence: 0.95 })),
  }
  return {
    ...{ image, bytes: 1_000, width: 640, height: 480, cpuMs: 100 },
    results: [{ type: `${root}.ocr.v1m0.RecognizedText`, data }],
  }
}

function by(service: 'faceextract' | 'ocr', ...images: EvaluatedImage[]): EvaluatedImages {
  return { service, version: '1.0', models: [], executionProvider: 'cpu', images }
}

function runOf(...recorded: EvaluatedImages[]) {
  const images = [...new Set(recorded.flatMap((chunk) => chunk.images.map(({ image }) => image)))]
  const common = { version: '1.0', claimValue: true, summarised: false }
  return {
    plan: {
      ...{ folder: '/', images, chunkImages: 8 },
      services: [
        { role: 'vision-faceextract', ...common } as const,
        { role: 'vision-ocr', ...common } as const,
      ],
    },
    async *readAll() {
      for (const chunk of recorded) yield await Promise.resolve(chunk)
    },
  }
}

describe('summariseRun', () => {
  test('counts without any label', async () => {
    const refused = { code: 'image-damaged', detail: 'the image cannot be decoded' }
    const run = runOf(
      by('faceextract', faces('a.jpg', [face(0, 0.95), face(200, 0.55)]), {
        ...{ image: 'b.png', results: [], failure: refused },
      }),
      by('ocr', text('a.jpg', ['Total 12.50', 'Cash'])),
    )
    const figures = await summariseRun(run, new Map())
    expect(figures).toMatchObject({
      ...{ images: 2, labelled: 0, failures: { 'faceextract: image-damaged': 1 } },
      inventory: { endings: { '.jpg': 1, '.png': 1 }, bytes: 1_000, medianPixels: 640 * 480 },
      cpuMs: { faceextract: { median: 50 }, ocr: { median: 100 } },
      faces: { faces: 2, imagesWithFaces: 1, confidences: [0, 0, 0, 0, 0, 1, 0, 0, 0, 1] },
      text: { imagesWithText: 1, lines: 2, characters: 16 },
    })
    expect(figures.faces).not.toHaveProperty('rates')
    expect(figures.text).not.toHaveProperty('rates')
  })

  test('compares with labels where there are any', async () => {
    const labels = readLabels(
      [
        '{"image":"a.jpg","faces":[{"box":[0,0,100,120],"person":"p"},{"box":[300,0,50,60]}],"lines":["Total 12.50","Cash"]}',
        '{"image":"b.jpg","faces":[{"box":[0,0,100,120],"person":"p"},{"box":[200,0,100,120],"person":"q"}]}',
      ].join('\n'),
    )
    const run = runOf(
      by(
        'faceextract',
        faces('a.jpg', [face(0, 0.95)], [[1, 0]]),
        faces(
          'b.jpg',
          [face(0, 0.9), face(200, 0.8)],
          [
            [1, 0.1],
            [0, 1],
          ],
        ),
      ),
      by('ocr', text('a.jpg', ['Total 12.5O', 'Cash'])),
    )
    const { faces: of, text: read } = await summariseRun(run, labels)
    expect(of?.rates?.find(({ threshold }) => threshold === 0.7)).toMatchObject({
      ...{ recall: 0.75, precision: 1, falsePositives: 0 },
    })
    expect(of?.recallByHeight).toEqual({
      '48 to 64 px': { faces: 1, recall: 0 },
      '96 to 128 px': { faces: 3, recall: 1 },
    })
    expect(of?.people).toMatchObject({ pairs: { same: 1, different: 2 }, leftOut: 0 })
    expect(of?.people?.thresholds[3]).toEqual({
      ...{ threshold: 0.42, truePositive: 1, falsePositive: 0 },
    })
    expect(read?.rates).toMatchObject({ images: 1, errorRate: 0.0625, linesExact: 0.5 })
  })

  test('says for how many images which models were used', async () => {
    const later = { ...by('ocr', text('b.png', ['x'])), executionProvider: 'cuda' }
    const { used } = await summariseRun(runOf(by('ocr', text('a.png', ['x'])), later), new Map())
    expect(used).toMatchObject([
      { service: 'ocr', executionProvider: 'cpu', images: 1 },
      { service: 'ocr', executionProvider: 'cuda', images: 1 },
    ])
  })
})
