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
 * The calibrated confidence that a candidate is a face: a logistic regression on the logits of the detector's and the
 * confirming model's scores. Monotonic in each score.
 */
export function rateConfidence({ wholeScore, tileScore, confirmation }: Evidence): number {
  const detector = Math.max(wholeScore, tileScore)
  return sigmoid(-2 + logit(detector) + 0.5 * logit(confirmation))
}

function logit(probability: number): number {
  const safe = Math.min(1 - 1e-4, Math.max(1e-4, probability))
  return Math.log(safe / (1 - safe))
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
