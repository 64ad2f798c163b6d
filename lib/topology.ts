/**
 * The system as data: what runs, what it consumes and produces, under which names. The supervisor starts from it, topics
 * are created from it, and Compose and ARCHITECTURE.md are checked against it.
 */

const day = 24 * 60 * 60 * 1000

/** Kafka's records carry an image of 8 MiB with its token and envelope: the next round number above. */
export const maxRecordBytes = 10 * 1024 * 1024

/** A topic: its name on the broker, what its values hold, and its settings. Keys are client ids everywhere. */
export interface Topic {
  readonly name: string
  readonly payloads: readonly string[]
  readonly partitions: number
  readonly retentionMs: number
}

export const topics = {
  ingest: {
    name: 'ingest-1',
    payloads: ['ingest.v1m0.IngestedImage'],
    partitions: 12,
    retentionMs: 3 * day,
  },
  vision: {
    name: 'vision-1',
    payloads: [
      'faceextract.v1m0.ExtractedFace',
      'faceextract.v1m1.ExtractedFace',
      'faceextract.v2m0.ExtractedFaces',
      'ocr.v1m0.RecognizedText',
      'vision.v1m0.ImageProcessed',
    ],
    partitions: 12,
    retentionMs: 3 * day,
  },
  summary: {
    name: 'summary-1',
    payloads: ['summary.v1m0.TransactionSummary', 'summary.v1m1.TransactionSummary'],
    partitions: 12,
    retentionMs: 3 * day,
  },
  deadLetter: { name: 'dead-letter-1', payloads: [], partitions: 3, retentionMs: 30 * day },
} as const satisfies Record<string, Topic>

export type TopicId = keyof typeof topics

/** A process of the system: `node main.ts NAME`. */
export interface Role {
  readonly purpose: string
  /** Topics read, by the consumer group of the role's own name. */
  readonly consumes: readonly TopicId[]
  readonly produces: readonly TopicId[]
  /** Databases of its own, on the PostgreSQL server. */
  readonly databases: readonly string[]
  /** The Temporal task queue that it works on. */
  readonly taskQueue?: string
  /** The workflow types that it runs. */
  readonly workflows?: readonly string[]
  /** True where it serves HTTP to clients. */
  readonly http?: boolean
  /** Its health port: this much above the base port of the set-up. */
  readonly healthPortOffset: number
  /** False for a role that runs only on demand, or inside another one by default. */
  readonly startedByDefault: boolean
}

export const roles = {
  gateway: {
    purpose: 'every HTTP service in one process',
    consumes: [],
    produces: ['ingest'],
    databases: ['ips_authentication', 'ips_authorisation', 'ips_firehose'],
    http: true,
    healthPortOffset: 10,
    startedByDefault: true,
  },
  ingestion: {
    purpose: 'accepts images',
    consumes: [],
    produces: ['ingest'],
    databases: [],
    http: true,
    healthPortOffset: 16,
    startedByDefault: false,
  },
  authentication: {
    purpose: 'says who a caller is',
    consumes: [],
    produces: [],
    databases: ['ips_authentication'],
    http: true,
    healthPortOffset: 17,
    startedByDefault: false,
  },
  authorisation: {
    purpose: 'says what a caller may do',
    consumes: [],
    produces: [],
    databases: ['ips_authorisation'],
    http: true,
    healthPortOffset: 18,
    startedByDefault: false,
  },
  'firehose-stream': {
    purpose: 'streams messages to clients that read them',
    consumes: [],
    produces: [],
    databases: ['ips_firehose'],
    http: true,
    healthPortOffset: 20,
    startedByDefault: false,
  },
  'vision-faceextract': {
    purpose: 'finds faces',
    consumes: ['ingest'],
    produces: ['vision', 'deadLetter'],
    databases: [],
    taskQueue: 'vision-faceextract',
    healthPortOffset: 11,
    startedByDefault: true,
  },
  'vision-ocr': {
    purpose: 'reads text',
    consumes: ['ingest'],
    produces: ['vision', 'deadLetter'],
    databases: [],
    taskQueue: 'vision-ocr',
    healthPortOffset: 12,
    startedByDefault: true,
  },
  summary: {
    purpose: 'says what happened in a transaction',
    consumes: ['vision'],
    produces: ['summary', 'deadLetter'],
    databases: ['ips_summary'],
    taskQueue: 'summary',
    workflows: ['transactionSummary'],
    healthPortOffset: 13,
    startedByDefault: true,
  },
  push: {
    purpose: 'delivers webhooks',
    consumes: ['vision', 'summary'],
    produces: ['deadLetter'],
    databases: ['ips_push'],
    taskQueue: 'push',
    workflows: ['endpointDelivery', 'messageDelivery'],
    healthPortOffset: 14,
    startedByDefault: true,
  },
  firehose: {
    purpose: 'journals messages for clients that stream them',
    consumes: ['vision', 'summary'],
    produces: ['deadLetter'],
    databases: ['ips_firehose'],
    healthPortOffset: 19,
    startedByDefault: true,
  },
  probe: {
    purpose: 'posts synthetic transactions and checks that they come back',
    consumes: [],
    produces: [],
    databases: [],
    healthPortOffset: 15,
    startedByDefault: false,
  },
} as const satisfies Record<string, Role>

export type RoleName = keyof typeof roles

/** Temporal's custom search attributes: keyword ones all. */
export const searchAttributes = ['clientId', 'endpoint', 'correlationId', 'deliveryState'] as const

export type SearchAttributeName = (typeof searchAttributes)[number]

/**
 * The vision services with the versions that they serve, oldest first: what a summary waits for. The services' own
 * definitions are checked against it.
 */
export const visionServices = {
  faceextract: ['1.0', '1.1', '2.0'],
  ocr: ['1.0'],
} as const satisfies Record<string, readonly string[]>

export type VisionServiceName = keyof typeof visionServices
