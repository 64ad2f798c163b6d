import { readClaim } from '../../lib/token/read-claim.ts'
import type { ImageArea } from './image-area.ts'

/** How a token wants its text read. */
export interface OcrSettings {
  /** Lines below it are left out. 0 to 1. */
  readonly minConfidence: number
  /** What the longer side is scaled down to for the detector. A larger value finds smaller text and takes longer. */
  readonly detectionSide: number
  /** In pixels of the upright image, read in this order; absent: the whole image. */
  readonly regions?: readonly ImageArea[]
}

/**
 * Reads the value of an ocr claim: `true` or an object with any of `minConfidence`, `detectionSide` and `regions` (each
 * `[x, y, width, height]`). Throws `IpsError('claim-malformed')` for anything else, unknown members included.
 */
export function readOcrSettings(claimValue: unknown): OcrSettings {
  const { regions, ...settings } = readClaim('ocr-*', claimValue)
  if (regions === undefined) return settings
  return {
    ...settings,
    regions: regions.map(([left, top, width, height]) => ({ left, top, width, height })),
  }
}
