import { anyPack } from '@bufbuild/protobuf/wkt'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { VersionRequest, VisionResult, VisionService } from './define-vision-service.ts'
import { evaluateImage, evaluationQuestion, type EvaluationQuestion } from './evaluate-image.ts'
import { endWithParent } from './end-with-parent.ts'
import type { InferenceWork, PackedResult } from './inference-engine.ts'
import type { ChildReply, ChildSettings, ChildTask } from './inference-messages.ts'
import { loadModels, type LoadedModels } from './load-models.ts'
import { decodeUpright } from './upright-image.ts'

/**
 * The child process of a vision service: loads its models, says that it is ready, and does one task after the other. An
 * error that is no `IpsError` ends it: nobody knows what state it left behind.
 */
const settings = JSON.parse(process.argv[2] ?? '') as ChildSettings
endWithParent()
const [service, models] = await prepare(settings)
process.on('message', (task: ChildTask) => {
  void perform(task).then(reply)
})
reply({ kind: 'ready', executionProvider: models.executionProvider })

async function prepare({
  module,
  service: name,
  modelsDirectory,
  executionProviders,
}: ChildSettings) {
  const exported = (await import(module)) as Record<string, VisionService<unknown>>
  const service = exported[name]
  if (service === undefined) throw new TypeError(`${module} does not export ${name}`)
  try {
    const models = await loadModels({
      directory: modelsDirectory,
      models: service.models,
      texts: service.texts ?? [],
      executionProviders,
    })
    return [service, models] as const
  } catch (error) {
    if (!(error instanceof IpsError)) throw error
    const unable: ChildReply = { kind: 'unable', code: error.code, message: error.message }
    process.send?.(unable, () => process.exit(1))
    return await new Promise<never>(() => undefined)
  }
}

async function perform(task: ChildTask): Promise<ChildReply> {
  try {
    return task.kind === 'image'
      ? { kind: 'results', results: await workOn(task.work, service, models) }
      : { kind: 'answer', answer: await answer(task.question, task.input) }
  } catch (error) {
    if (!(error instanceof IpsError)) throw error
    return { kind: 'failed', code: error.code, message: error.message }
  }
}

/** A question of every service, or one of this service's own. */
function answer(question: string, input: unknown): Promise<unknown> | undefined {
  return question === evaluationQuestion
    ? evaluateImage(service, input as EvaluationQuestion, models)
    : service.questions?.[question]?.(input, models)
}

async function workOn(
  { content, requests, summarised = false }: InferenceWork,
  service: VisionService<unknown>,
  models: LoadedModels,
): Promise<PackedResult[][]> {
  const image = await decodeUpright(content)
  const results = await service.process({ image, requests, models, summarised })
  return requests.map((request, index) =>
    (results[index] ?? []).map((result) => pack(result, request)),
  )
}

function pack(
  { schema, message, attached }: VisionResult,
  { version }: VersionRequest<unknown>,
): PackedResult {
  const { typeUrl, value } = anyPack(schema, message)
  if (attached) return { typeUrl, value, attached }
  const served = service.versions.find((known) => known.version === version)
  if (served?.output.typeName !== schema.typeName) {
    throw new TypeError(`${service.name} ${version} does not answer with ${schema.typeName}`)
  }
  return { typeUrl, value }
}

function reply(message: ChildReply): void {
  process.send?.(message)
}
