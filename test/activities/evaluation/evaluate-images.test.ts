import { describe, expect, test } from '@jest/globals'
import {
  maxChunkImages,
  maxImageResultBytes,
} from '../../../activities/evaluation/evaluated-images.ts'
import {
  evaluateImages,
  type ImageQuestion,
} from '../../../activities/evaluation/evaluate-images.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'

const description = {
  ...{ service: 'ocr', versions: ['1.0'], models: [], executionProvider: 'cpu' },
}

function run(
  images: readonly string[],
  evaluate: (question: ImageQuestion) => unknown,
  input: object = {},
) {
  return evaluateImages(
    { images, version: '1.0', claimValue: true, summarised: false, ...input },
    {
      describe: () => description,
      evaluate: (question) => Promise.resolve().then(() => evaluate(question)),
      heartbeat: () => undefined,
    },
  )
}

describe('evaluateImages', () => {
  test('works on the images in their order, and says what did it', async () => {
    const answer = ({ image }: ImageQuestion) => ({ image, results: [] })
    expect(await run(['b', 'a'], answer)).toEqual({
      ...{ service: 'ocr', version: '1.0', models: [], executionProvider: 'cpu' },
      images: [
        { image: 'b', results: [] },
        { image: 'a', results: [] },
      ],
    })
  })

  test('says what is wrong with an image in its place, and goes on', async () => {
    const { images } = await run(['bad', 'good'], ({ image }) => {
      if (image === 'bad') throw new IpsError('image-damaged', 'no pixels')
      return { image, results: [] }
    })
    expect(images).toEqual([
      { image: 'bad', results: [], failure: { code: 'image-damaged', detail: 'no pixels' } },
      { image: 'good', results: [] },
    ])
  })

  test('gives an image up that costs three children, and no sooner', async () => {
    let asked = 0
    const crash = new IpsError('inference-crashed', 'the child ended', { retryable: true })
    const survivor = await run(['a'], ({ image }) => {
      asked += 1
      if (asked < 3) throw crash
      return { image, results: [] }
    })
    expect(survivor.images[0]).not.toHaveProperty('failure')
    asked = 0
    const { images } = await run(['a'], () => {
      asked += 1
      throw crash
    })
    expect(images[0]).toMatchObject({ failure: { code: 'inference-crashed' } })
    expect(asked).toBe(3)
  })

  test('replaces results that would not fit into a payload', async () => {
    const results = [{ type: 't', data: { text: 'x'.repeat(maxImageResultBytes) } }]
    const { images } = await run(['a'], ({ image }) => ({ image, sha256: 'f', results }))
    expect(images[0]).toMatchObject({
      ...{ sha256: 'f', results: [], failure: { code: 'result-too-large' } },
    })
  })

  test.each(['claim-malformed', 'inference-cancelled', 'question-synthetic'])(
    'fails as a whole with %s',
    async (code) => {
      const refuse = () => {
        throw new IpsError(code, 'of all images')
      }
      await expect(run(['a'], refuse)).rejects.toMatchObject({ code })
    },
  )

  test.each([
    ['more images than a payload bears', { images: Array(maxChunkImages + 1).fill('a') }],
    ['a version that is not served', { version: '9.9' }],
    ['a member that is not known', { folder: '/' }],
    ['an image that is no text', { images: [7] }],
  ])('refuses %s', async (_, input) => {
    await expect(run(['a'], () => undefined, input)).rejects.toMatchObject({
      ...{ code: 'evaluation-malformed', retryable: false },
    })
  })
})
