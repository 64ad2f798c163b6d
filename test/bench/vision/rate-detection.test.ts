import { describe, expect, test } from '@jest/globals'
import { rateDetection } from '../../../bench/vision/rate-detection.ts'

const at = (left: number) => ({ left, top: 0, width: 10, height: 10 })

describe('rateDetection', () => {
  test('counts hits, misses and false positives by threshold and kind', () => {
    const scenes = [
      {
        kind: 'photo',
        faces: [at(0), at(100)],
        found: [
          { box: at(0), confidence: 0.95 },
          { box: at(105), confidence: 0.6 },
          { box: at(300), confidence: 0.7 },
        ],
      },
      { kind: 'document', faces: [], found: [{ box: at(0), confidence: 0.55 }] },
    ]
    const [low, high] = rateDetection(scenes, [0.5, 0.9])
    // The box 5 to the right overlaps by a third only.
    expect(low).toMatchObject({ recall: 0.5, precision: 0.25, falsePositives: 3, meanOverlap: 1 })
    expect(low?.kinds['document']).toEqual({
      ...{ scenes: 1, faces: 0, recall: null, falsePositives: 1 },
    })
    expect(high).toMatchObject({ recall: 0.5, precision: 1, falsePositives: 0 })
    expect(high?.kinds['photo']).toMatchObject({ faces: 2, recall: 0.5, falsePositives: 0 })
  })

  test('gives figures where nothing was looked at', () => {
    expect(rateDetection([], [0.5])).toEqual([
      {
        ...{ threshold: 0.5, recall: 0, precision: 1, falsePositives: 0, meanOverlap: 0 },
        kinds: {},
      },
    ])
  })
})
