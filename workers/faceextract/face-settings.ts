import { readClaim } from '../../lib/token/read-claim.ts'

/** What a claim says about the faces that its client wants. */
export interface FaceSettings {
  /** Faces of at least this confidence. */
  readonly minConfidence: number
  /** At most so many faces of an image, the surest ones. */
  readonly maxFaces: number
}

/**
 * Reads the value of a `faceextract-…` claim: `true`, or an object with `minConfidence` (0 to 1) and `maxFaces` (from 1), both
 * optional. Throws `IpsError('claim-malformed')` for anything else, unknown members included.
 */
export function readFaceSettings(claimValue: unknown): FaceSettings {
  const { minConfidence, maxFaces = Number.MAX_SAFE_INTEGER } = readClaim(
    'faceextract-*',
    claimValue,
  )
  return { minConfidence, maxFaces }
}
