import { describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { generatePicture } from '../../../workers/probe/generate-picture.ts'

describe('a generated picture', () => {
  test('is a JPEG, the same for the same seed and another one for another', async () => {
    const [one, again, other] = await Promise.all(['a 0', 'a 0', 'a 1'].map(generatePicture))
    expect(await sharp(one).metadata()).toMatchObject({ format: 'jpeg', width: 320, height: 240 })
    expect(again).toEqual(one)
    expect(other).not.toEqual(one)
  })
})
