import type { EvaluatedImages } from './evaluated-images.ts'

/** Images, and the service that works on them. */
export interface Chunk {
  /** Its place among the services of the evaluation. */
  readonly service: number
  readonly images: readonly string[]
}

/** Where the chunks of an evaluation are. */
export interface ChunkStore {
  /** A chunk by its number, `null` where it is recorded already. */
  open(chunk: number): Promise<Chunk | null>
  /** Keeps what was found in a chunk's images; the first record of a chunk stands. Durable when it resolves. */
  record(chunk: number, result: EvaluatedImages): Promise<void>
}

/** The activities of an evaluation beside those of the vision services. */
export interface EvaluationRunActivities {
  /** A chunk, `null` where there is nothing left to do. */
  openChunk(input: { readonly chunk: number }): Promise<Chunk | null>
  /** Idempotent. Says how many images were in it, and how many of them the service could not work on. */
  recordChunk(input: {
    readonly chunk: number
    readonly result: EvaluatedImages
  }): Promise<{ images: number; failed: number }>
}

/** Creates them for one evaluation. */
export function createEvaluationRunActivities(store: ChunkStore): EvaluationRunActivities {
  return {
    openChunk: ({ chunk }) => store.open(chunk),
    async recordChunk({ chunk, result }) {
      await store.record(chunk, result)
      const failed = result.images.filter(({ failure }) => failure !== undefined)
      return { images: result.images.length, failed: failed.length }
    },
  }
}
