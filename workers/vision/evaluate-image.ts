import { createHash } from 'node:crypto'
import { toJson } from '@bufbuild/protobuf'
import type {
  EvaluatedImage,
  EvaluatedResult,
} from '../../activities/evaluation/evaluated-images.ts'
import type { ImageQuestion } from '../../activities/evaluation/evaluate-images.ts'
import type { VisionResult, VisionService } from './define-vision-service.ts'
import type { LoadedModels } from './load-models.ts'
import { readFileWithin } from './read-file-within.ts'
import { decodeUpright } from './upright-image.ts'

/** What a child process is asked: which image of the evaluation folder. */
export interface EvaluationQuestion extends ImageQuestion {
  readonly folder: string
}

/** The name of the question that a child of every service answers. */
export const evaluationQuestion = 'evaluateImage'

/**
 * Runs in a child process. Works on a file as on a message with it; says what was found and what it cost. Throws as
 * `readFileWithin`, `decodeUpright` and the service.
 */
export async function evaluateImage<Settings>(
  service: VisionService<Settings>,
  { folder, image: name, version, claimValue, summarised }: EvaluationQuestion,
  models: LoadedModels,
): Promise<EvaluatedImage> {
  const settings = service.readSettings(claimValue)
  const content = await readFileWithin(folder, name)
  const before = process.cpuUsage()
  const image = await decodeUpright(content)
  const requests = [{ version, settings }]
  const [results = []] = await service.process({ image, requests, models, summarised })
  const { user, system } = process.cpuUsage(before)
  return {
    image: name,
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
    ...{ width: image.width, height: image.height },
    cpuMs: Math.round((user + system) / 1_000),
    results: results.map(toPlainResult),
  }
}

/** Members that hold images: a record of an evaluation needs none. */
const pixelMembers: ReadonlySet<string> = new Set(['content', 'mimeType'])

function toPlainResult({ schema, message }: VisionResult): EvaluatedResult {
  const json = toJson(schema, message, { alwaysEmitImplicit: true })
  const data: unknown = JSON.parse(
    JSON.stringify(json, (key, value: unknown) => (pixelMembers.has(key) ? undefined : value)),
  )
  return { type: schema.typeName, data }
}
