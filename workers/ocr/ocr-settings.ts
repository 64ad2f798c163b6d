import { z } from 'zod'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { ImageArea } from './detector-input.ts'

/** Each region is a run of the detector. */
export const maxRegions = 32
/** Below this the detector finds headlines only. */
export const minDetectionSide = 320
/** Costs seven times as much as 960; finds the small print of a page scanned at 300 dots per inch. */
export const maxDetectionSide = 2560
/** No side of an accepted image is longer. */
const maxCoordinate = 65_535

/** How a token wants its text read. */
export interface OcrSettings {
  /** Lines below it are left out. 0 to 1. */
  readonly minConfidence: number
  /** The longer side of what the detector sees, in pixels. A larger value finds smaller text and takes longer. */
  readonly detectionSide: number
  /** In pixels of the upright image, read in this order; absent: the whole image. */
  readonly regions?: readonly ImageArea[]
}

const coordinate = z.int().min(0).max(maxCoordinate)
const length = z.int().min(1).max(maxCoordinate)

const claim = z.strictObject({
  minConfidence: z.number().min(0).max(1).default(0.5),
  detectionSide: z.int().min(minDetectionSide).max(maxDetectionSide).default(960),
  regions: z
    .array(z.tuple([coordinate, coordinate, length, length]))
    .min(1)
    .max(maxRegions)
    .optional(),
})

/**
 * Reads the value of an ocr claim: `true` or an object with any of `minConfidence`, `detectionSide` and `regions` (each
 * `[x, y, width, height]`). Throws `IpsError('claim-malformed')` for anything else, unknown members included.
 */
export function readOcrSettings(claimValue: unknown): OcrSettings {
  const read = claim.safeParse(claimValue === true ? {} : claimValue)
  if (!read.success)
    throw new IpsError('claim-malformed', `ocr: ${z.prettifyError(read.error)}`, {
      cause: read.error,
    })
  const { regions, ...settings } = read.data
  if (regions === undefined) return settings
  return {
    ...settings,
    regions: regions.map(([left, top, width, height]) => ({ left, top, width, height })),
  }
}
