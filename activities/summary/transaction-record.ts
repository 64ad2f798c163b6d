/** One transaction, by the names that the client and the system know it under. */
export interface TransactionKey {
  readonly clientId: string
  readonly correlationId: string
}

/** Everything that the journal knows of a transaction. Order within its lists means nothing. */
export interface TransactionRecord {
  /** The largest count announced; 0 where none was. */
  readonly announced: number
  /** When the first image was ingested. */
  readonly windowStart: Date
  /** The newest token of the transaction, and when it came: the time for which it must be verified. */
  readonly token: string
  readonly tokenIngestedAt: Date
  readonly traceparent: string
  readonly synthetic: boolean
  /** Faces whose similarity is at least this are one person: a cosine. */
  readonly identityThreshold: number
  /** The versions of the summary that its tokens ask for. */
  readonly versions: readonly string[]
  readonly images: readonly ImageAnswers[]
  readonly messages: readonly JournalledMessage[]
  readonly templates: readonly FaceTemplate[]
  /** The people of the newest revision that was decided before; none where there was none. */
  readonly formerPeople: readonly FormerPerson[]
}

/** What the services owe of an image, and what they have said; both as `service/version`. */
export interface ImageAnswers {
  readonly imageId: string
  readonly expected: readonly string[]
  readonly answered: readonly string[]
}

/** One face of the transaction. */
export interface FaceKey {
  readonly imageId: string
  /** Its index in the image. */
  readonly index: number
}

/** What a face of an image is compared by. */
export interface ImageTemplate {
  readonly index: number
  /** Templates of two makers cannot be compared. */
  readonly maker: string
  /** Packed: see `packVector`. */
  readonly vector: Uint8Array
}

/** What a face of the transaction is compared by. */
export interface FaceTemplate extends FaceKey, ImageTemplate {}

/** A person as clients were told of it. */
export interface FormerPerson {
  readonly personId: string
  readonly faces: readonly FaceKey[]
}

/** A vision message without its pixels. */
export interface JournalledMessage {
  readonly messageId: string
  readonly imageId: string
  readonly service: string
  readonly version: string
  readonly content: MessageContent
}

export type MessageContent =
  | { readonly kind: 'terminal'; readonly results: number; readonly failure?: Failure }
  | { readonly kind: 'faces'; readonly faces: readonly JournalledFace[] }
  /** Without lines where it was journalled before these were kept. */
  | { readonly kind: 'text'; readonly text: string; readonly lines?: readonly JournalledLine[] }
  /** A type that no summary shows. */
  | { readonly kind: 'other' }

export interface Failure {
  readonly code: string
  readonly detail: string
}

/** A face; version 1.0 tells neither its index nor its place. */
export interface JournalledFace {
  readonly index?: number
  readonly boundingBox?: Box
}

/** A line of an image's text. */
export interface JournalledLine {
  /** Its index in the image. */
  readonly line: number
  readonly text: string
  /** 0 to 1. */
  readonly confidence: number
  /** x and y of each corner in turn, in pixels of the upright image. */
  readonly polygon: readonly number[]
}

/** In pixels of the upright image. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}
