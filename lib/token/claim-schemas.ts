import { z } from 'zod'
import { visionServices } from '../topology.ts'
import { isWebhookSecret, isWebhookSecretKey } from './webhook-secret.ts'

/** Longer URLs would crowd the token out of a request's headers. */
const maxUrlLength = 2_048
/** More would be no limit any more. */
const maxRate = 1_000_000
const maxConcurrency = 1_000
/** A body of so many messages is already some megabytes. */
const maxBatchMessages = 1_000
const maxBatchWaitMs = 60_000
/** There are seven types of messages; each may be named a few times over. */
const maxTypes = 32
const maxTypeLength = 128
/** Each region is a run of the detector. */
const maxRegions = 32
/** Below this the text detector finds headlines only. */
const minDetectionSide = 320
/** Costs seven times as much as 960; finds the small print of a page scanned at 300 dots per inch. */
const maxDetectionSide = 2_560
/** No side of an accepted image is longer. */
const maxCoordinate = 65_535
/** "Seconds to weeks": a quarter of a year. */
export const maxWindowSeconds = 90 * 24 * 60 * 60

const rate = z.number().positive().max(maxRate)
const confidence = z.number().min(0).max(1)

/** `true` or an object of settings; either gives the object with its defaults. */
function settings<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((value) => (value === true ? {} : value), z.strictObject(shape))
}

const webhookUrl = z
  .string()
  .max(maxUrlLength)
  .refine(isWebhookUrl, 'must be an http or https URL without a user name')

const push = z.preprocess(
  (value) => (typeof value === 'string' ? { url: value } : value),
  z
    .strictObject({
      url: webhookUrl,
      secret: z.string().exactOptional(),
      signature: z.enum(['v1', 'v1a']).default('v1'),
      maxConcurrency: z.int().min(1).max(maxConcurrency).exactOptional(),
      maxRate: rate.exactOptional(),
      batch: z
        .strictObject({
          maxMessages: z.int().min(1).max(maxBatchMessages),
          maxWaitMs: z.int().min(0).max(maxBatchWaitMs),
        })
        .exactOptional(),
      types: z.array(z.string().min(1).max(maxTypeLength)).min(1).max(maxTypes).exactOptional(),
    })
    .refine(secretFitsSignature, {
      path: ['secret'],
      message: 'must be whsec_… (24 to 64 bytes) with v1, whsk_… (seed and public key) with v1a',
    }),
)

const coordinate = z.int().min(0).max(maxCoordinate)
const side = z.int().min(1).max(maxCoordinate)

/**
 * Every claim that there is: the versions that a service serves, and the value that its claims have. A version without a
 * minor belongs to a protocol that has none.
 */
export const claimCatalogue = {
  ingest: {
    versions: ['1.0'],
    value: settings({
      imagesPerSecond: rate.exactOptional(),
      maxBytes: z.int().positive().exactOptional(),
      // The system's own probe: its transactions are flagged wherever they go.
      synthetic: z.boolean().exactOptional(),
    }),
  },
  faceextract: {
    versions: visionServices.faceextract,
    value: settings({
      minConfidence: confidence.default(0.7),
      maxFaces: z.int().min(1).exactOptional(),
    }),
  },
  ocr: {
    versions: visionServices.ocr,
    value: settings({
      minConfidence: confidence.default(0.5),
      detectionSide: z.int().min(minDetectionSide).max(maxDetectionSide).default(960),
      regions: z
        .array(z.tuple([coordinate, coordinate, side, side]))
        .min(1)
        .max(maxRegions)
        .exactOptional(),
    }),
  },
  summary: {
    versions: ['1.0', '1.1'],
    // Clients were promised that this one means the messages of 1.0; 1.1 is asked for by its name.
    pinned: { '1.*': '1.0' },
    value: settings({
      windowSeconds: z.int().min(1).max(maxWindowSeconds).default(86_400),
      idleSeconds: z.int().min(1).max(maxWindowSeconds).default(30),
      identityThreshold: z.number().min(0).max(1).default(0.42),
    }),
  },
  push: { versions: ['1'], value: push },
  firehose: { versions: ['1.0'], value: settings({ maxRate: rate.exactOptional() }) },
} as const

export type ClaimService = keyof typeof claimCatalogue

/** What the value of a service's claims says, with defaults. */
export type ClaimValue<S extends ClaimService> = z.output<(typeof claimCatalogue)[S]['value']>

export type IngestClaim = ClaimValue<'ingest'>
export type PushClaim = ClaimValue<'push'>

function isWebhookUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  return (
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === ''
  )
}

function secretFitsSignature(claim: { secret?: string; signature: 'v1' | 'v1a' }): boolean {
  if (claim.secret === undefined) return true
  return claim.signature === 'v1' ? isWebhookSecret(claim.secret) : isWebhookSecretKey(claim.secret)
}
