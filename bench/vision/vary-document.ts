import sharp, { type OverlayOptions } from 'sharp'
import type { DocumentRow, RenderedDocument } from './rendered-documents.ts'

/** What a camera, a hurry or a fax makes of a document. */
export interface DocumentVariation {
  readonly name: string
  readonly scale?: number
  /** Clockwise; the ground around it is grey. */
  readonly degrees?: number
  readonly brightness?: number
  /** The light of the lower right corner, for each of the upper left one. */
  readonly shade?: number
  /** Standard deviations: of the blur, in pixels, and of the noise, in steps of 255. */
  readonly blur?: number
  readonly noise?: number
  /** Of a JPEG; absent: PNG. */
  readonly quality?: number
  /** A bar over one row; or only the upper part is in the picture. What nobody can read is not asked for. */
  readonly hides?: 'a row' | 'the lower part'
}

export const documentVariations: readonly DocumentVariation[] = [
  { name: 'as it is' },
  { name: 'half the size', scale: 0.5, quality: 90 },
  { name: 'a third of the size', scale: 0.33, quality: 90 },
  { name: 'dark and grainy', brightness: 0.2, noise: 30, quality: 60 },
  { name: 'light from one side', shade: 0.15, quality: 80 },
  { name: 'turned by 5 degrees', degrees: 5, quality: 80 },
  { name: 'turned by -15 degrees', degrees: -15, quality: 80 },
  { name: 'badly compressed', scale: 0.7, quality: 10 },
  { name: 'out of focus', blur: 1.8, quality: 80 },
  { name: 'a row covered', hides: 'a row', quality: 80 },
  { name: 'cropped', hides: 'the lower part', quality: 80 },
  {
    name: 'phone in the evening',
    ...{ scale: 0.5, degrees: 3, brightness: 0.45, blur: 0.8, noise: 20, quality: 40 },
  },
]

/** Varies the image of a document. Returns it, and the rows that can still be read. Deterministic but for the noise. */
export async function varyDocument(
  image: Buffer,
  { rows }: Pick<RenderedDocument, 'rows'>,
  variation: DocumentVariation,
): Promise<{ content: Buffer; rows: readonly DocumentRow[] }> {
  const hidden = await hide(image, rows, variation)
  const { width, height } = await sharp(hidden.content).metadata()
  const { scale = 1, degrees = 0 } = variation
  const resized = await sharp(hidden.content)
    .resize(Math.round(width * scale), Math.round(height * scale), { fit: 'fill' })
    .toBuffer()
  const turned =
    degrees === 0
      ? resized
      : await sharp(resized).rotate(degrees, { background: '#909090' }).toBuffer()
  return { content: await develop(await light(turned, variation), variation), rows: hidden.rows }
}

/** Below the baseline of a row, in parts of its size: its descenders, and a little. Above it: its capitals. */
const descent = 0.3
const ascent = 1.05

async function hide(
  content: Buffer,
  rows: readonly DocumentRow[],
  { hides }: DocumentVariation,
): Promise<{ content: Buffer; rows: readonly DocumentRow[] }> {
  const byHeight = rows.toSorted((one, other) => one.y - other.y)
  const chosen = byHeight[Math.floor(byHeight.length * 0.6)]
  if (hides === undefined || chosen === undefined) return { content, rows }
  const { width } = await sharp(content).metadata()
  const top = Math.round(chosen.y - ascent * chosen.size)
  const bottom = Math.round(chosen.y + descent * chosen.size)
  if (hides === 'the lower part') {
    const upper = await sharp(content).extract({ left: 0, top: 0, width, height: top }).toBuffer()
    return { content: upper, rows: rows.filter(({ y }) => y < top) }
  }
  const bar = {
    create: { width, height: bottom - top, channels: 3 as const, background: '#7a5c48' },
  }
  return {
    content: await sharp(content)
      .composite([{ input: bar, left: 0, top }])
      .toBuffer(),
    rows: rows.filter(({ y }) => y < top || y > bottom),
  }
}

async function light(
  content: Buffer,
  { brightness = 1, shade, noise }: DocumentVariation,
): Promise<Buffer> {
  const lit = await sharp(content).modulate({ brightness }).png().toBuffer()
  const { width, height } = await sharp(lit).metadata()
  const layers: OverlayOptions[] = []
  if (shade !== undefined) {
    const corners = Buffer.from(
      [1, (1 + shade) / 2, (1 + shade) / 2, shade].map((part) => 255 * part),
    )
    const fall = await sharp(corners, { raw: { width: 2, height: 2, channels: 1 } })
      .resize(width, height, { fit: 'fill', kernel: 'linear' })
      .png()
      .toBuffer()
    layers.push({ input: fall, blend: 'multiply' })
  }
  if (noise !== undefined) {
    const grain = sharp({
      create: {
        ...{ width, height, channels: 3, background: '#808080' },
        noise: { type: 'gaussian', mean: 128, sigma: noise },
      },
    })
    layers.push({ input: await grain.png().toBuffer(), blend: 'soft-light' })
  }
  return layers.length === 0 ? lit : sharp(lit).composite(layers).png().toBuffer()
}

function develop(content: Buffer, { blur, quality }: DocumentVariation): Promise<Buffer> {
  const focused = blur === undefined ? sharp(content) : sharp(content).blur(blur)
  return (quality === undefined ? focused.png() : focused.jpeg({ quality })).toBuffer()
}
