import { topics } from '../topology.ts'
import { maxWindowSeconds } from './claim-schemas.ts'

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

/**
 * What a pair of keys is for. Each purpose is a folder of its own, so that a process can be given only what it needs.
 * `retentionMs`: for how long a key is needed after another has taken its place.
 */
export const keyPurposes = {
  'authentication-signature': { use: 'sig', alg: 'EdDSA', retentionMs: authenticationMs },
  'authorisation-signature': { use: 'sig', alg: 'EdDSA', retentionMs: messagesMs },
  'authorisation-encryption': { use: 'enc', alg: 'ECDH-ES+A256KW', retentionMs: messagesMs },
} as const

export type KeyPurpose = keyof typeof keyPurposes
