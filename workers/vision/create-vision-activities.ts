import { cancellationSignal } from '@temporalio/activity'
import { withReadableFailures } from '../../lib/temporal/to-application-failure.ts'
import type { VisionService } from './define-vision-service.ts'
import type { EngineDescription, InferenceEngine } from './inference-engine.ts'

/** What a vision process says of itself. */
export interface ServiceDescription extends EngineDescription {
  readonly service: string
  readonly versions: readonly string[]
}

/**
 * The activities of a vision process, on the task queue of its role: `describeModels`, and the service's own questions by
 * their names. A question that cannot be answered, whatever is tried, fails without retries.
 */
export function createVisionActivities<Settings>(
  service: VisionService<Settings>,
  engine: InferenceEngine,
): Record<string, (input: unknown) => Promise<unknown>> {
  const describeModels = (): Promise<ServiceDescription> =>
    Promise.resolve({
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
    describeModels,
  })
}
