import { z } from 'zod'
import { IpsError } from '../../lib/errors/ips-error.ts'
import {
  maxChunkImages,
  maxImageResultBytes,
  type EvaluatedImage,
  type EvaluatedImages,
} from './evaluated-images.ts'

/** What evaluating images needs. */
export interface EvaluateImagesDependencies {
  /** What the results come from. */
  readonly describe: () => Omit<EvaluatedImages, 'images' | 'version'> & {
    readonly versions: readonly string[]
  }
  /** Does it in a child process. Throws as `InferenceEngine.ask`. */
  readonly evaluate: (question: ImageQuestion) => Promise<unknown>
  /** Says that this goes on. */
  readonly heartbeat: () => void
}

/** One image of a chunk. */
export interface ImageQuestion {
  readonly image: string
  readonly version: string
  readonly claimValue: unknown
  readonly summarised: boolean
}

/** An image that costs so many children is given up, as in the handling of messages. */
const maxAttempts = 3
/** Well below the time after which a silent activity is given to another worker. */
const heartbeatIntervalMs = 3_000

const inputSchema = z.strictObject({
  images: z.array(z.string().min(1).max(4_096)).max(maxChunkImages),
  version: z.string(),
  claimValue: z.unknown(),
  summarised: z.boolean(),
})

/**
 * Has a service work on images, one after the other, in the order given. What is wrong with an image is said in its place; what
 * is wrong with all of them throws: `IpsError('evaluation-malformed')`, and whatever may be otherwise later.
 */
export async function evaluateImages(
  input: unknown,
  { describe, evaluate, heartbeat }: EvaluateImagesDependencies,
): Promise<EvaluatedImages> {
  const { versions, ...description } = describe()
  const { data, error } = inputSchema.safeParse(input)
  if (data === undefined) {
    throw new IpsError('evaluation-malformed', `not an evaluation: ${z.prettifyError(error)}`)
  }
  const { images, ...asked } = data
  if (!versions.includes(asked.version)) {
    throw new IpsError('evaluation-malformed', `${description.service} has no ${asked.version}`)
  }
  const timer = setInterval(heartbeat, heartbeatIntervalMs)
  try {
    const evaluated: EvaluatedImage[] = []
    for (const image of images) {
      evaluated.push(await evaluateImage({ image, ...asked }, evaluate))
    }
    return { ...description, version: asked.version, images: evaluated }
  } finally {
    clearInterval(timer)
  }
}

async function evaluateImage(
  question: ImageQuestion,
  evaluate: EvaluateImagesDependencies['evaluate'],
): Promise<EvaluatedImage> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const evaluated = (await evaluate(question)) as EvaluatedImage
      if (Buffer.byteLength(JSON.stringify(evaluated)) <= maxImageResultBytes) return evaluated
      const { results, ...about } = evaluated
      const detail = `${results.length} results take more than ${maxImageResultBytes} bytes`
      return { ...about, results: [], failure: { code: 'result-too-large', detail } }
    } catch (error) {
      if (!(error instanceof IpsError)) throw error
      if (ofAll.has(error.code)) throw error
      if (error.retryable && attempt < maxAttempts) continue
      const failure = { code: error.code, detail: error.message }
      return { image: question.image, results: [], failure }
    }
  }
}

/** What no other image would change. */
const ofAll: ReadonlySet<string> = new Set([
  'claim-malformed',
  'inference-cancelled',
  'question-synthetic',
])
