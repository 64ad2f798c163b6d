import type { InferenceWork, PackedResult } from './inference-engine.ts'

/** What a child is told at its start, as JSON in its first argument. */
export interface ChildSettings {
  /** URL of the module that exports the service. */
  readonly module: string
  /** The service's name, which is that of the export. */
  readonly service: string
  readonly modelsDirectory: string
  readonly executionProviders: readonly string[]
}

/** One piece of work for a child. */
export type ChildTask =
  | { readonly kind: 'image'; readonly work: InferenceWork }
  | { readonly kind: 'question'; readonly question: string; readonly input: unknown }

/** How a child answers: once when it is ready, then once for each task. */
export type ChildReply =
  | { readonly kind: 'ready'; readonly executionProvider: string }
  | { readonly kind: 'unable'; readonly code: string; readonly message: string }
  | { readonly kind: 'results'; readonly results: readonly (readonly PackedResult[])[] }
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
