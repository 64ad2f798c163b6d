import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import sharp from 'sharp'
import { crc32 } from 'node:zlib'
import { contradicts, inspectImage } from '../../../gateway/ingestion/inspect-image.ts'
import { createVariedImages, type VariedImage } from '../../support/varied-images.ts'

let images: VariedImage[]
beforeAll(async () => {
  images = await createVariedImages()
})

function find(name: string): Buffer {
  const image = images.find((candidate) => candidate.name === name)
  if (image === undefined) throw new Error(`there is no ${name}`)
  return image.content
}

describe('inspectImage', () => {
  test('says of every kind of image what a decoder says', () => {
    const found = images.map(({ name, content }) => ({ name, ...inspectImage(content) }))
    expect(found).toEqual(
      images.map(({ name, mimeType, width, height }) => ({ name, mimeType, width, height })),
    )
    expect(images.length).toBeGreaterThan(50)
  })

  test('never fails unexpectedly on arbitrary bytes', () => {
    const starts = [
      '',
      '\xff\xd8',
      '\x89PNG\r\n\x1a\n',
      'RIFF\x20\0\0\0WEBP',
      'RIFF\x20\0\0\0WEBPVP8X',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 600 }), (start, rest) => {
        const found = inspectImage(Buffer.concat([Buffer.from(start, 'latin1'), rest]))
        if (found?.damage === undefined) return
        expect([found.width, found.height].every((side) => side >= 0)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('never fails unexpectedly on mutated images, and never names a dimension of 0 for a good one', () => {
    fc.assert(
      fc.property(mutatedImage(), ({ content }) => {
        const found = inspectImage(content)
        if (found === undefined || found.damage !== undefined) return
        expect(Math.min(found.width, found.height)).toBeGreaterThan(0)
      }),
      { numRuns: 3_000 },
    )
  })

  test('agrees with a decoder on mutated images that both accept', async () => {
    await fc.assert(
      fc.asyncProperty(mutatedImage(), async ({ content }) => {
        const found = inspectImage(content)
        const decoded = await decode(content)
        if (found === undefined || found.damage !== undefined || decoded === undefined) return
        expect({ width: found.width, height: found.height }).toEqual(decoded.autoOrient)
      }),
      { numRuns: 300 },
    )
  })

  test.each(['plain JPEG', 'plain PNG', 'plain WebP', 'WebP, orientation 6'])(
    'finds the header of a %s damaged wherever it is cut off',
    (name) => {
      const content = find(name)
      const whole = inspectImage(content)
      const lengths = Array.from({ length: content.length }, (_, length) => length)
      const outcomes = lengths.map((length) => inspectImage(content.subarray(0, length)))
      const accepted = outcomes.findIndex(
        (found) => found !== undefined && found.damage === undefined,
      )
      // From the end of the header on only pixels are missing, or what stands behind them.
      expect(accepted).toBeGreaterThan(20)
      expect(outcomes.at(-1)).toMatchObject({ mimeType: whole?.mimeType })
    },
  )

  test.each([
    'hello',
    '',
    'GIF89a',
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '%PDF-1.7',
    'RIFF\x20\0\0\0WAVE',
    'BM',
  ])('does not know %j', (text) => {
    expect(inspectImage(Buffer.from(text, 'latin1'))).toBeUndefined()
  })

  test('stays fast on a header of nothing but tiny segments, chunks or frames', () => {
    const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8]), repeat([0xff, 0xe2, 0, 2])])
    const fill = Buffer.alloc(8 * 1024 * 1024, 0xff)
    fill[1] = 0xd8
    const png = Buffer.concat([
      find('plain PNG').subarray(0, 33),
      repeat([0, 0, 0, 0, 0x61, 0x61, 0x61, 0x61, 0, 0, 0, 0]),
    ])
    const webp = Buffer.concat([
      find('WebP, orientation 6').subarray(0, 30),
      repeat([0x61, 0x61, 0x61, 0x61, 0, 0, 0, 0]),
    ])
    expect(inspectImage(jpeg)?.damage).toBe('the header has too many segments')
    expect(inspectImage(fill)?.damage).toBe('the header is cut off')
    expect(inspectImage(png)?.damage).toBeUndefined()
    expect(inspectImage(webp)).toMatchObject({ width: 61, height: 37 })
  })
})

describe('inspectPng', () => {
  test.each([
    ['a wrong checksum of IHDR', (png: Buffer) => flip(png, 30), 'the checksum of IHDR is wrong'],
    [
      'dimensions under a wrong checksum',
      (png: Buffer) => flip(png, 16),
      'the checksum of IHDR is wrong',
    ],
    ['a damaged signature', (png: Buffer) => flip(png, 5), 'the signature is damaged'],
    ['a width of 0', (png: Buffer) => withHeader(png, 0, 0), 'a dimension is 0'],
    [
      'an unknown bit depth',
      (png: Buffer) => withHeader(png, 8, 0x03020000),
      'the colour type is unknown',
    ],
  ])('finds %s', (_name, change, damage) => {
    expect(inspectImage(change(find('plain PNG')))).toMatchObject({ damage })
  })

  test('names huge dimensions, so that they can be refused', () => {
    const huge = withHeader(withHeader(find('plain PNG'), 0, 50_000), 4, 50_000)
    expect(inspectImage(huge)).toEqual({ mimeType: 'image/png', width: 50_000, height: 50_000 })
  })
})

describe('inspectJpeg', () => {
  test('takes the first EXIF block, of either byte order and any whole-number type', async () => {
    const plain = find('plain JPEG')
    const blocks = [
      [exif('II', 3, 6)],
      [exif('MM', 3, 6)],
      [exif('II', 4, 6)],
      [exif('MM', 4, 6)],
      [exif('II', 1, 6)],
      [exif('II', 3, 9)],
      [exif('II', 3, 0)],
      [exif('II', 2, 6)],
      [exif('II', 3, 6), exif('II', 3, 1)],
      [exif('II', 3, 1), exif('II', 3, 6)],
      [exif('II', 3, 6).subarray(0, 30)],
      [Buffer.from('Exif\0\0nonsense', 'latin1'), exif('II', 3, 6)],
    ]
    for (const each of blocks) {
      const jpeg = Buffer.concat([plain.subarray(0, 2), ...each.map(app1), plain.subarray(2)])
      const { autoOrient } = await sharp(jpeg).metadata()
      expect(inspectImage(jpeg)).toMatchObject(autoOrient)
    }
  })

  test('finds something between two segments', () => {
    const plain = find('plain JPEG')
    const broken = Buffer.concat([plain.subarray(0, 2), Buffer.from('x'), plain.subarray(2)])
    expect(inspectImage(broken)?.damage).toBe('something stands between two segments')
  })
})

describe('contradicts', () => {
  test.each([
    [undefined, 'image/png', false],
    ['', 'image/png', false],
    ['image/png', 'image/png', false],
    ['IMAGE/PNG ; a=b', 'image/png', false],
    ['image/jpg', 'image/jpeg', false],
    ['image/pjpeg', 'image/jpeg', false],
    ['image/*', 'image/webp', false],
    ['application/octet-stream', 'image/webp', false],
    ['text/plain', 'image/webp', false],
    ['image/jpg', 'image/png', true],
    ['image/gif', 'image/png', true],
    ['image/', 'image/png', true],
    ['image/toString', 'image/png', true],
  ])('says of %j for %s: %j', (contentType, found, expected) => {
    expect(contradicts(contentType, found)).toBe(expected)
  })
})

/** What a decoder says; nothing where it refuses. */
async function decode(content: Buffer) {
  try {
    return await sharp(content).metadata()
  } catch {
    return undefined
  }
}

/** An image with some bytes changed, most of them in its header, sometimes cut off. */
function mutatedImage() {
  const change = fc.tuple(fc.oneof(fc.nat(120), fc.nat(1_500)), fc.nat(255))
  return fc
    .record({
      index: fc.nat(1_000),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      length: fc.option(fc.nat(1_500), { freq: 8 }),
    })
    .map(({ index, changes, length }) => {
      const image = images[index % images.length]
      const content = Buffer.from(image?.content ?? [])
      for (const [at, value] of changes) content[at] = value
      return { name: image?.name, content: content.subarray(0, length ?? content.length) }
    })
}

function repeat(bytes: readonly number[]): Buffer {
  return Buffer.alloc(8 * 1024 * 1024 - 64, Buffer.from(bytes))
}

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** Writes 32 bits into IHDR, and makes its checksum right. */
function withHeader(png: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(png)
  copy.writeUInt32BE(value, 16 + at)
  copy.writeUInt32BE(crc32(copy.subarray(12, 29)), 29)
  return copy
}

function app1(content: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xe1, 0, 0])
  head.writeUInt16BE(content.length + 2, 2)
  return Buffer.concat([head, content])
}

/** An EXIF block whose only entry is the orientation. */
function exif(order: 'II' | 'MM', type: number, value: number): Buffer {
  const tiff = Buffer.alloc(26)
  const [short, long] =
    order === 'II'
      ? [
          (v: number, at: number) => tiff.writeUInt16LE(v, at),
          (v: number, at: number) => tiff.writeUInt32LE(v, at),
        ]
      : [
          (v: number, at: number) => tiff.writeUInt16BE(v, at),
          (v: number, at: number) => tiff.writeUInt32BE(v, at),
        ]
  tiff.write(order, 'latin1')
  short(42, 2)
  long(8, 4)
  short(1, 8)
  short(0x0112, 10)
  short(type, 12)
  long(1, 14)
  if (type === 4) long(value, 18)
  else if (type === 1) tiff.writeUInt8(value, 18)
  else short(value, 18)
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff])
}
