/** A chunk of images for one service. */
export interface EvaluateImagesInput {
  /** Paths inside the evaluation folder of the vision workers. */
  readonly images: readonly string[]
  /** The version whose results are wanted. */
  readonly version: string
  /** As the claim of a token says it: `true`, or an object. */
  readonly claimValue: unknown
  /** Whether results hold what a summary needs too, such as what faces are compared by. */
  readonly summarised: boolean
}

/** What a service found in one image. */
export interface EvaluatedImage {
  readonly image: string
  /** Of the file; absent where it could not be read. */
  readonly sha256?: string
  readonly bytes?: number
  readonly width?: number
  readonly height?: number
  /** CPU time of decoding and of the service's own work, in ms. */
  readonly cpuMs?: number
  /** The messages in the protocol's JSON, without pixels. */
  readonly results: readonly EvaluatedResult[]
  /** Why there are no results. */
  readonly failure?: { readonly code: string; readonly detail: string }
}

/** One message. */
export interface EvaluatedResult {
  /** Its type's full name. */
  readonly type: string
  readonly data: unknown
}

/** A chunk as a service has done it, and what did it. */
export interface EvaluatedImages {
  readonly service: string
  readonly version: string
  readonly models: readonly { readonly name: string; readonly sha256: string }[]
  readonly executionProvider: string
  readonly images: readonly EvaluatedImage[]
}

/** The activity that every vision service serves where an operator has named an evaluation folder. */
export interface EvaluationActivities {
  evaluateImages(input: EvaluateImagesInput): Promise<EvaluatedImages>
}

/** So many images in one activity at most: their results fit into a payload of 2 MiB. */
export const maxChunkImages = 12

/** The results of an image at most, as JSON: a densely printed page has half of it. */
export const maxImageResultBytes = 128 * 1024
