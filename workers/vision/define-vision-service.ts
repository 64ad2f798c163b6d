import type { DescMessage, Message } from '@bufbuild/protobuf'
import type { UprightImage } from './upright-image.ts'
import type { LoadedModels } from './load-models.ts'

/** One version that a token asks for, with the settings of its claim. */
export interface VersionRequest<Settings> {
  readonly version: string
  readonly settings: Settings
}

/** One result message, before it is wrapped in its envelope. */
export interface VisionResult {
  readonly schema: DescMessage
  readonly message: Message
  /** Not for clients: it travels beside the request's terminal message, to services of the system. One at most of a request. */
  readonly attached?: true
}

/** One version of a service's protocol. */
export interface ServedVersion {
  readonly version: string
  /** The type of its results. */
  readonly output: DescMessage
  /** How many results an image has at most; absent: any number. */
  readonly maxResults?: number
}

/** What a vision service is; everything else (Kafka, tokens, children, retries) is the runner's. */
export interface VisionService<Settings> {
  /** Its name in claims, in `ImageProcessed.service` and, behind `vision-`, its role. */
  readonly name: string
  /** The versions served, oldest first. */
  readonly versions: readonly ServedVersion[]
  /** Names in the manifest of models. */
  readonly models: readonly string[]
  /** Names of text files that come with the models, for example a dictionary; none unless told. */
  readonly texts?: readonly string[]
  /** Reads a claim's value (`true` or an object). Throws `IpsError('claim-malformed')`. */
  readSettings(claimValue: unknown): Settings
  /**
   * Runs in a child process. Works on one image for all the versions asked for at once, so that they share the decoding
   * and the inference. Returns the results of each request in the same order, none where nothing was found.
   * Deterministic: the same image and requests give byte-identical messages. Throws `IpsError` for an image that it
   * cannot work on.
   */
  process(work: {
    readonly image: UprightImage
    readonly requests: readonly VersionRequest<Settings>[]
    readonly models: LoadedModels
    /** Whether the token asks for a summary of the transaction; absent: no. */
    readonly summarised?: boolean
  }): Promise<readonly (readonly VisionResult[])[]>
  /**
   * What else workflows may ask: each is an activity of its name on the service's task queue, and runs in a child process
   * like the images, with the same time limit. Input and output are plain JSON, 2 MiB at most.
   */
  readonly questions?: Readonly<
    Record<string, (input: unknown, models: LoadedModels) => Promise<unknown>>
  >
}

/** Declares a vision service; checks what the compiler cannot see. */
export function defineVisionService<Settings>(
  service: VisionService<Settings>,
): VisionService<Settings> {
  if (!/^[a-z][a-z0-9]*$/.test(service.name))
    throw new TypeError(`bad service name: ${service.name}`)
  if (service.versions.length === 0) throw new TypeError(`${service.name} serves no version`)
  return Object.freeze(service)
}
