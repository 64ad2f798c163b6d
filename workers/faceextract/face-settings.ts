import { z } from 'zod'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** What a claim says about the faces that its client wants. */
export interface FaceSettings {
  /** Faces of at least this confidence. */
  readonly minConfidence: number
  /** At most so many faces of an image, the surest ones. */
  readonly maxFaces: number
}

/** Finds nearly every face; who must not be wrong asks for 0.9. */
const defaultMinConfidence = 0.7

const members = z.strictObject({
  minConfidence: z.number().min(0).max(1).default(defaultMinConfidence),
  maxFaces: z.int().min(1).default(Number.MAX_SAFE_INTEGER),
})

/**
 * Reads the value of a `faceextract-…` claim: `true`, or an object with `minConfidence` (0 to 1) and `maxFaces` (from 1), both
 * optional. Throws `IpsError('claim-malformed')` for anything else, unknown members included.
 */
export function readFaceSettings(claimValue: unknown): FaceSettings {
  const read = members.safeParse(claimValue === true ? {} : claimValue)
  if (read.success) return read.data
  throw new IpsError(
    'claim-malformed',
    'a faceextract claim is true or {"minConfidence": 0 to 1, "maxFaces": 1 or more}',
    { cause: read.error },
  )
}
