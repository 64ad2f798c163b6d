import type { VersionRequest } from './define-vision-service.ts'

/** A result as it travels between processes: a protocol message with its type. */
export interface PackedResult {
  readonly typeUrl: string
  readonly value: Uint8Array
  /** Not for clients: see `VisionResult`. */
  readonly attached?: true
}

/** One image, and what is wanted of it. */
export interface InferenceWork {
  readonly imageId: string
  /** The image as it was posted. */
  readonly content: Uint8Array
  readonly requests: readonly VersionRequest<unknown>[]
  /** Whether the token asks for a summary of the transaction; absent: no. */
  readonly summarised?: boolean
}

/** What answers: the `models` and `executionProvider` of `ImageProcessed`. */
export interface EngineDescription {
  readonly models: readonly { readonly name: string; readonly sha256: string }[]
  /** `cpu`, `cuda` or `synthetic`. */
  readonly executionProvider: string
}

/** Where images are worked on: child processes with models, or a generator. */
export interface InferenceEngine {
  readonly description: EngineDescription
  /**
   * The results of each request, in the order of the requests. Throws `IpsError`: not retryable where the image itself is
   * at fault, always the same for the same image; `inference-crashed` or `inference-timed-out` where a child was lost over
   * it; `inference-cancelled` where `signal` was aborted before the work began.
   */
  infer(work: InferenceWork, signal: AbortSignal): Promise<readonly (readonly PackedResult[])[]>
  /** Asks one of the service's other questions. Throws like `infer`. */
  ask(question: string, input: unknown, signal: AbortSignal): Promise<unknown>
  /** `ok`, or what is wrong. */
  readiness(): string
  stop(): Promise<void>
}
