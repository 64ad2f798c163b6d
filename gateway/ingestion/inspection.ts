/** The types of images that are accepted. */
export type ImageType = 'image/jpeg' | 'image/png' | 'image/webp'

/** What the header of an image says. */
export interface Inspection {
  readonly mimeType: ImageType
  /** Pixels of the upright image: as decoders see it after its EXIF orientation. 0 where damage hides it. */
  readonly width: number
  readonly height: number
  /** What is wrong with the header, as a sentence for people; absent where nothing is. */
  readonly damage?: string
}

/** The finding for a header that is damaged before its dimensions could be read. */
export function damaged(mimeType: ImageType, damage: string): Inspection {
  return { mimeType, width: 0, height: 0, damage }
}

/** The finding for a header whose dimensions could be read; no dimension may be 0. */
export function measured(
  mimeType: ImageType,
  { width, height }: { width: number; height: number },
  orientation: number,
): Inspection {
  if (width === 0 || height === 0) return damaged(mimeType, 'a dimension is 0')
  return isTransposed(orientation)
    ? { mimeType, width: height, height: width }
    : { mimeType, width, height }
}

/** Orientations 5 to 8 of EXIF turn the image by a quarter. */
function isTransposed(orientation: number): boolean {
  return orientation >= 5
}
