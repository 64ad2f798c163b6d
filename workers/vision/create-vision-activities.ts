import { cancellationSignal, heartbeat } from '@temporalio/activity'
import { evaluateImages } from '../../activities/evaluation/evaluate-images.ts'
import { withReadableFailures } from '../../lib/temporal/to-application-failure.ts'
import type { VisionService } from './define-vision-service.ts'
import { evaluationQuestion } from './evaluate-image.ts'
import type { EngineDescription, InferenceEngine } from './inference-engine.ts'

/** What a vision process says of itself. */
export interface ServiceDescription extends EngineDescription {
  readonly service: string
  readonly versions: readonly string[]
}

/**
 * The activities of a vision process, on the task queue of its role: `describeModels`, and the service's own questions by
 * their names. A question that cannot be answered, whatever is tried, fails without retries. Where an `evaluationFolder` is
 * named there is `evaluateImages` too, on the files inside it.
 */
export function createVisionActivities<Settings>(
  service: VisionService<Settings>,
  engine: InferenceEngine,
  { evaluationFolder }: { readonly evaluationFolder?: string | undefined } = {},
): Record<string, (input: unknown) => Promise<unknown>> {
  const describe = (): ServiceDescription => ({
    service: service.name,
    versions: service.versions.map(({ version }) => version),
    ...engine.description,
  })
  const questions = Object.keys(service.questions ?? {}).map(
    (question) =>
      [question, (input: unknown) => engine.ask(question, input, cancellationSignal())] as const,
  )
  return withReadableFailures({
    ...Object.fromEntries<(input: unknown) => Promise<unknown>>(questions),
    ...(evaluationFolder === undefined
      ? {}
      : { evaluateImages: createEvaluation(evaluationFolder, describe, engine) }),
    describeModels: () => Promise.resolve(describe()),
  })
}

function createEvaluation(
  folder: string,
  describe: () => ServiceDescription,
  engine: InferenceEngine,
): (input: unknown) => Promise<unknown> {
  return (input) => {
    const signal = cancellationSignal()
    return evaluateImages(input, {
      describe,
      heartbeat,
      evaluate: (question) => engine.ask(evaluationQuestion, { ...question, folder }, signal),
    })
  }
}
