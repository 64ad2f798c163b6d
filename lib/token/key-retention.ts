import { topics } from '../topology.ts'
import { maxWindowSeconds } from './claim-schemas.ts'
import type { KeyPurpose } from './key-purposes.ts'

const day = 24 * 60 * 60 * 1000

/** An authentication token is exchanged within its ten minutes; the rest is for clocks that differ. */
const authenticationMs = 60 * 60 * 1000

/**
 * The longest way of a token with its messages: through the topics of images and results, in the journal of a transaction with
 * the longest window, moved by an operator by as much again, and for the week of late results; then through the topic of
 * summaries, and as long as dead letters are kept. Two days are to spare, the token's own hour among them.
 */
const messagesMs =
  topics.ingest.retentionMs +
  topics.vision.retentionMs +
  2 * maxWindowSeconds * 1000 +
  7 * day +
  topics.summary.retentionMs +
  topics.deadLetter.retentionMs +
  2 * day

/** For how long a key is needed after another has taken its place, in ms. */
export const keyRetentionMs: Readonly<Record<KeyPurpose, number>> = {
  'authentication-signature': authenticationMs,
  'authorisation-signature': messagesMs,
  'authorisation-encryption': messagesMs,
}
