import {
  ApplicationFailure,
  continueAsNew,
  defineQuery,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { EvaluationActivities } from '../activities/evaluation/evaluated-images.ts'
import type { EvaluationRunActivities } from '../activities/evaluation/run-activities.ts'

/** A service as an evaluation asks it. */
export interface EvaluatedService {
  /** Of its vision workers. */
  readonly taskQueue: string
  readonly version: string
  readonly claimValue: unknown
  readonly summarised: boolean
}

/** An evaluation; and what a run hands to the next one of the same workflow. */
export interface EvaluationRunInput {
  /** The chunks of its images are numbered from 0. */
  readonly chunks: number
  /** Chunks under way at the same time at most. */
  readonly lanes: number
  readonly services: readonly EvaluatedService[]
  readonly carried?: EvaluationProgress
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  readonly chunks: number
  /** Those that are recorded, by this workflow or before it. */
  readonly done: number
  /** Images, once for each service, and those that it could not work on, of the chunks that this workflow has recorded. */
  readonly images: number
  readonly failed: number
}

/** What whoever started an evaluation asks. */
export const evaluationProgressQuery = defineQuery<EvaluationProgress>('progress')

/** Chunks are small beside this; a replay is quick. */
const maxHistoryEvents = 1_000
/** A fifth of what the server bears; a chunk's results are in it twice, with 3 MiB at most. */
const maxHistoryBytes = 10 * 1024 * 1024

const { openChunk, recordChunk } = proxyActivities<EvaluationRunActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
})

/**
 * Has the images of an evaluation worked on by vision services, chunk by chunk, some at a time. Workers may come and go: a chunk
 * whose worker is lost is done again, and recorded once. Ends with how many images there were, when all chunks are recorded.
 */
export async function evaluationRun(input: EvaluationRunInput): Promise<EvaluationProgress> {
  const { chunks, lanes, services } = input
  const progress = { chunks, done: 0, images: 0, failed: 0, ...input.carried }
  setHandler(evaluationProgressQuery, () => progress)
  let next = progress.done
  const work = async () => {
    while (next < chunks && !isHistoryLong()) {
      const chunk = next
      next += 1
      const { images, failed } = await doChunk(chunk, services)
      progress.done += 1
      progress.images += images
      progress.failed += failed
    }
  }
  await Promise.all(Array.from({ length: lanes }, work))
  if (next < chunks) await continueAsNew<typeof evaluationRun>({ ...input, carried: progress })
  return progress
}

/** Nothing where it has been recorded before. */
async function doChunk(
  number: number,
  services: readonly EvaluatedService[],
): Promise<{ images: number; failed: number }> {
  const chunk = await openChunk({ chunk: number })
  if (chunk === null) return { images: 0, failed: 0 }
  const service = services[chunk.service]
  if (service === undefined) throw ApplicationFailure.nonRetryable(`no service ${chunk.service}`)
  const { taskQueue, ...asked } = service
  const { evaluateImages } = proxyActivities<EvaluationActivities>({
    ...{ taskQueue, summary: `chunk ${number}` },
    // Twelve images that each take two minutes, as long as a child is given for one.
    startToCloseTimeout: '30 minutes',
    // Says how soon the chunk of a killed worker is given to another one.
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
  })
  return recordChunk({
    chunk: number,
    result: await evaluateImages({ images: chunk.images, ...asked }),
  })
}

function isHistoryLong(): boolean {
  const { historyLength, historySize } = workflowInfo()
  return historyLength >= maxHistoryEvents || historySize >= maxHistoryBytes
}
