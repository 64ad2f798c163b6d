import { z } from 'zod'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { claimCatalogue } from '../../lib/token/claim-schemas.ts'

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
  const read = claimCatalogue.faceextract.value.safeParse(claimValue)
  if (!read.success) {
    throw new IpsError('claim-malformed', `faceextract: ${z.prettifyError(read.error)}`, {
      cause: read.error,
    })
  }
  const { minConfidence, maxFaces = Number.MAX_SAFE_INTEGER } = read.data
  return { minConfidence, maxFaces }
}
