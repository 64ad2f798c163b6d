import sharp, { type Sharp } from 'sharp'

/** An image of some kind, with what sharp says of it. */
export interface VariedImage {
  readonly name: string
  readonly content: Buffer
  readonly mimeType: string
  /** Upright. */
  readonly width: number
  readonly height: number
}

const width = 61
const height = 37

/** Small images of every kind that the three formats know: orientations, colour spaces, depths, profiles, animations. */
export async function createVariedImages(): Promise<VariedImage[]> {
  const turned = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((orientation) => {
    const image = () => base().withMetadata({ orientation })
    return [
      { name: `JPEG, orientation ${orientation}`, image: image().jpeg() },
      { name: `PNG, orientation ${orientation}`, image: image().png() },
      { name: `WebP, orientation ${orientation}`, image: image().webp() },
      {
        name: `lossless WebP, orientation ${orientation}`,
        image: image().webp({ lossless: true }),
      },
    ]
  })
  const kinds = [
    { name: 'plain JPEG', image: base().jpeg() },
    { name: 'progressive JPEG', image: base().jpeg({ progressive: true }) },
    { name: 'optimised JPEG', image: base().jpeg({ mozjpeg: true }) },
    { name: 'CMYK JPEG', image: base().toColourspace('cmyk').jpeg() },
    { name: 'grey JPEG', image: base().greyscale().jpeg() },
    { name: 'JPEG with a profile', image: base().withIccProfile('p3').jpeg() },
    {
      name: 'JPEG with XMP',
      image: base().withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').jpeg(),
    },
    { name: 'plain PNG', image: base().png() },
    { name: '16-bit PNG', image: base().toColourspace('rgb16').png() },
    { name: 'palette PNG', image: base().png({ palette: true }) },
    { name: 'interlaced PNG', image: base().png({ progressive: true }) },
    { name: 'PNG with alpha', image: base().ensureAlpha(0.5).png() },
    { name: 'grey PNG', image: base().greyscale().png() },
    { name: 'one-bit PNG', image: base().greyscale().png({ palette: true, colours: 2 }) },
    { name: 'PNG with a profile', image: base().withIccProfile('p3').png() },
    { name: 'plain WebP', image: base().webp() },
    { name: 'lossless WebP', image: base().webp({ lossless: true }) },
    { name: 'WebP with alpha', image: base().ensureAlpha(0.5).webp() },
    { name: 'WebP with a profile', image: base().withIccProfile('p3').webp() },
    { name: 'animated WebP', image: animation().webp({ loop: 0, delay: [100, 100] }) },
  ]
  return Promise.all([...turned, ...kinds].map(({ name, image }) => measure(name, image)))
}

async function measure(name: string, image: Sharp): Promise<VariedImage> {
  const content = await image.toBuffer()
  const { format, autoOrient } = await sharp(content).metadata()
  return { name, content, mimeType: `image/${format}`, ...autoOrient }
}

function base(): Sharp {
  return sharp(pattern(height), { raw: { width, height, channels: 3 } })
}

function animation(): Sharp {
  const raw = { width, height: 2 * height, channels: 3, pageHeight: height } as const
  return sharp(pattern(2 * height), { raw })
}

function pattern(rows: number): Buffer {
  return Buffer.from(Array.from({ length: width * rows * 3 }, (_, index) => (index * 7919) % 251))
}
