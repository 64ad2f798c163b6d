import sharp from 'sharp'
import type { FaceBox, Point } from '../../workers/faceextract/face-box.ts'
import type { LabelledPhoto } from './labelled-photos.ts'

/** What another camera, another light or another moment makes of a photo. */
export interface Variation {
  readonly name: string
  /** What phones and cameras of today give in ordinary use. */
  readonly isMild?: true
  /** Height of the photo's largest face, in pixels; as it is unless told. */
  readonly faceHeight?: number
  /** Width by height, as of a head that is turned. */
  readonly aspect?: number
  /** Clockwise. */
  readonly degrees?: number
  readonly brightness?: number
  readonly isGrey?: boolean
  /** Standard deviations: of the blur, in pixels, and of the noise, in steps of 255. */
  readonly blur?: number
  readonly noise?: number
  /** Of the JPEG. */
  readonly quality?: number
  /** A bar over the eyes, or over mouth and chin. */
  readonly cover?: 'eyes' | 'mouth'
}

/** From easy to hard; the last ones join several. */
export const variations: readonly Variation[] = [
  { name: 'as it is', isMild: true },
  { name: 'face of 64 px', isMild: true, faceHeight: 64 },
  { name: 'face of 40 px', faceHeight: 40 },
  { name: 'dark', brightness: 0.3, noise: 6 },
  { name: 'bright', isMild: true, brightness: 1.7 },
  { name: 'tilted', isMild: true, degrees: 20 },
  { name: 'narrow', isMild: true, aspect: 0.75 },
  { name: 'out of focus', faceHeight: 160, blur: 4 },
  { name: 'badly compressed', isMild: true, faceHeight: 120, quality: 12 },
  { name: 'eyes covered', cover: 'eyes' },
  { name: 'mouth covered', cover: 'mouth' },
  { name: 'evening', faceHeight: 90, brightness: 0.45, noise: 12, blur: 1, quality: 50 },
  { name: 'doorbell', faceHeight: 72, aspect: 0.85, degrees: -12, isGrey: true, quality: 30 },
]

/** The varied photo as a file, and where it shows a point of the photo. */
export interface VariedPhoto {
  readonly content: Buffer
  place(point: Point): Point
}

/** Varies a photo. Deterministic but for the noise, which is sharp's own. */
export async function varyPhoto(photo: LabelledPhoto, variation: Variation): Promise<VariedPhoto> {
  const { aspect = 1, degrees = 0, cover } = variation
  const covered = cover === undefined ? photo.content : await coverFaces(photo, cover)
  const { width, height } = await sharp(covered).metadata()
  const largest = Math.max(...photo.faces.map(({ box }) => box.height))
  const scale = Math.min(1, (variation.faceHeight ?? largest) / largest)
  const [across, down] = [Math.round(width * scale * aspect), Math.round(height * scale)]
  const resized = await sharp(covered).resize(across, down, { fit: 'fill' }).png().toBuffer()
  const { data, info } = await sharp(resized)
    .rotate(degrees, { background: '#808080' })
    .png()
    .toBuffer({ resolveWithObject: true })
  const [cos, sin] = [Math.cos, Math.sin].map((of) => of((degrees * Math.PI) / 180))
  return {
    content: await develop(data, variation),
    place({ x, y }) {
      const [dx, dy] = [(x * across) / width - across / 2, (y * down) / height - down / 2]
      const [c = 1, s = 0] = [cos, sin]
      return { x: c * dx - s * dy + info.width / 2, y: s * dx + c * dy + info.height / 2 }
    },
  }
}

/** Light, focus and compression. */
async function develop(
  content: Buffer,
  { brightness = 1, isGrey = false, blur, noise, quality = 92 }: Variation,
): Promise<Buffer> {
  const lit = sharp(content).modulate({ brightness, saturation: isGrey ? 0 : 1 })
  const focused = blur === undefined ? lit : lit.blur(blur)
  if (noise === undefined) return focused.jpeg({ quality }).toBuffer()
  const { width, height } = await sharp(content).metadata()
  const grain = await sharp({
    create: {
      ...{ width, height, channels: 3, background: '#808080' },
      noise: { type: 'gaussian', mean: 128, sigma: noise },
    },
  })
    .png()
    .toBuffer()
  const plain = await focused.png().toBuffer()
  return sharp(plain)
    .composite([{ input: grain, blend: 'soft-light' }])
    .jpeg({ quality })
    .toBuffer()
}

/** Parts of a face's box from the brow to the chin. */
const parts = { eyes: { from: 0.1, to: 0.36 }, mouth: { from: 0.6, to: 1.02 } } as const

function coverFaces({ content, faces }: LabelledPhoto, cover: keyof typeof parts): Promise<Buffer> {
  const { from, to } = parts[cover]
  const bars = faces.map(({ box }) => ({
    input: {
      create: {
        width: Math.round(box.width),
        height: Math.round(box.height * (to - from)),
        channels: 3 as const,
        background: cover === 'eyes' ? '#141414' : '#d8e4ea',
      },
    },
    left: Math.round(box.left),
    top: Math.round(box.top + from * box.height),
  }))
  return sharp(content).composite(bars).png().toBuffer()
}

/** The centre of a box. */
export function centreOf({ left, top, width, height }: FaceBox): Point {
  return { x: left + width / 2, y: top + height / 2 }
}
