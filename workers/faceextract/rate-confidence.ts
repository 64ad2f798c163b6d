/** What the models say of a candidate, 0 to 1 each; 0 where a pass has not seen it. */
export interface Evidence {
  /** The detector, on the whole image. */
  readonly wholeScore: number
  /** The detector, on a tile. */
  readonly tileScore: number
  /** The confirming model. */
  readonly confirmation: number
}

/**
 * Weights of a logistic regression on the logits of the scores, fitted on 1,621 faces of 24 to 600 pixels (pasted, dimmed,
 * blurred, in profile, behind hair) and 377 candidates that were none, these counted three times, since documents and
 * landscapes are more frequent in life. Of the 1,527 that it rated 0.9 or more all were faces; of those rated 0.7 to 0.9, nine
 * in ten. What only a tile has seen must convince the confirming model: its weight is nearly the whole score.
 */
const seenWhole = { bias: -3.7, detector: 1.1, confirmation: 1.4 }
const seenInTilesOnly = { bias: -4.4, detector: 0.7, confirmation: 1.4 }

/** A score is worth no more than this much of certainty: beyond it is the arithmetic of 32 bits. */
const extreme = 1e-4

/** The calibrated confidence, 0 to 1, that a candidate is a face. Monotonic in each score (the detector reports 0.5 and more). */
export function rateConfidence({ wholeScore, tileScore, confirmation }: Evidence): number {
  const weights = wholeScore > 0 ? seenWhole : seenInTilesOnly
  const evidence =
    weights.bias +
    weights.detector * logit(Math.max(wholeScore, tileScore)) +
    weights.confirmation * logit(confirmation)
  return 1 / (1 + Math.exp(-evidence))
}

function logit(probability: number): number {
  const safe = Math.min(1 - extreme, Math.max(extreme, probability))
  return Math.log(safe / (1 - safe))
}
