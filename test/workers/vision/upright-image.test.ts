import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import sharp from 'sharp'
import { decodeUpright, maxPixels } from '../../../workers/vision/upright-image.ts'

const [width, height] = [7, 4]

/** Every pixel of another colour. */
const pixels = Buffer.from(
  Array.from({ length: width * height }, (_, index) => [
    index * 9,
    255 - index * 9,
    (index * 37) % 256,
  ]).flat(),
)

const original = () => sharp(pixels, { raw: { width, height, channels: 3 } })

/** Which sides of the scene the first row and the first column of a stored image are (TIFF 6.0, tag 274). */
const orientations = [
  ['top', 'left'],
  ['top', 'right'],
  ['bottom', 'right'],
  ['bottom', 'left'],
  ['left', 'top'],
  ['right', 'top'],
  ['right', 'bottom'],
  ['left', 'bottom'],
] as const

/** The original as a camera stores it that is held in this way. */
function stored(orientation: number): Promise<Buffer> {
  const [firstRow, firstColumn] = orientations[orientation - 1] ?? orientations[0]
  const upright = firstRow === 'top' || firstRow === 'bottom'
  const size = upright ? { width, height } : { width: height, height: width }
  const data = Buffer.alloc(pixels.length)
  for (let row = 0; row < size.height; row += 1) {
    for (let column = 0; column < size.width; column += 1) {
      const [along, across] = upright ? [column, row] : [row, column]
      const sides: readonly string[] = [firstRow, firstColumn]
      const x = sides.includes('left') ? along : width - 1 - along
      const y = sides.includes('top') ? across : height - 1 - across
      pixels.copy(
        data,
        (row * size.width + column) * 3,
        (y * width + x) * 3,
        (y * width + x) * 3 + 3,
      )
    }
  }
  return sharp(data, { raw: { ...size, channels: 3 } })
    .withMetadata({ orientation })
    .png()
    .toBuffer()
}

describe('decodeUpright', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'turns an image of EXIF orientation %i upright',
    async (orientation) => {
      const image = await decodeUpright(await stored(orientation))
      expect([image.width, image.height]).toEqual([width, height])
      expect(image.pixels.equals(pixels)).toBe(true)
    },
  )

  test('gives three bytes a pixel for grey, paletted, deep and translucent images', async () => {
    const variants = [
      original().greyscale().png(),
      original().png({ palette: true }),
      original().toColourspace('rgb16').png(),
      original().ensureAlpha(0.5).png(),
      original().greyscale().jpeg(),
      original().toColourspace('cmyk').jpeg(),
      original().webp({ lossless: true }),
      original().jpeg({ progressive: true }),
    ]
    for (const variant of variants) {
      const image = await decodeUpright(await variant.toBuffer())
      expect([image.width, image.height]).toEqual([width, height])
      expect(image.pixels).toHaveLength(width * height * 3)
    }
  })

  test('puts what is transparent on white', async () => {
    const { pixels: flattened } = await decodeUpright(
      await original().ensureAlpha(0).png().toBuffer(),
    )
    expect(new Set(flattened)).toEqual(new Set([255]))
  })

  test('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([pixels, Buffer.alloc(pixels.length, 128)])
    const animation = await sharp(frames, {
      raw: { width, height: height * 2, channels: 3, pageHeight: height },
    })
      .webp({ lossless: true, loop: 0, delay: [100, 100] })
      .toBuffer()
    const image = await decodeUpright(animation)
    expect(image.height).toBe(height)
    expect(image.pixels.equals(pixels)).toBe(true)
  })

  test.each([
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>')],
    ['GIF', Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', async (_what, content) => {
    await expect(decodeUpright(content)).rejects.toMatchObject({
      code: 'image-damaged',
      retryable: false,
    })
  })

  test('refuses an image whose end is missing', async () => {
    const noise = sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 50 },
      },
    })
    for (const whole of [
      await noise.clone().jpeg().toBuffer(),
      await noise.clone().png().toBuffer(),
    ]) {
      const cut = whole.subarray(0, Math.floor(whole.length * 0.7))
      await expect(decodeUpright(cut)).rejects.toMatchObject({ code: 'image-damaged' })
    }
  })

  test('refuses more pixels than an accepted image has, before it decodes them', async () => {
    const side = Math.ceil(Math.sqrt(maxPixels)) + 1
    const bomb = await sharp({
      create: { width: side, height: side, channels: 3, background: '#fff' },
    })
      .png({ compressionLevel: 1 })
      .toBuffer()
    await expect(decodeUpright(bomb)).rejects.toMatchObject({ code: 'image-damaged' })
  })

  test('either decodes damaged bytes or says that they are damaged', async () => {
    const whole = await original().jpeg().toBuffer()
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, value) => {
        const damaged = Buffer.from(whole)
        damaged[at] = value
        const outcome = await decodeUpright(damaged).then(
          ({ pixels: decoded, width: w, height: h }) => decoded.length === w * h * 3,
          (error: unknown) => (error as { code?: string }).code === 'image-damaged',
        )
        expect(outcome).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
