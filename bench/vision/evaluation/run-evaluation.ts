import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { createEvaluationRunActivities } from '../../../activities/evaluation/run-activities.ts'
import { tryLock } from '../../../cli/processes/acquire-lock.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { createLogger } from '../../../lib/telemetry/create-logger.ts'
import { installTemporalRuntime, startWorker } from '../../../lib/temporal/start-worker.ts'
import {
  evaluationProgressQuery,
  type evaluationRun,
  type EvaluationProgress,
} from '../../../workflows/evaluation-run.ts'
import type { RunFolder } from './run-folder.ts'
import { startVision } from './start-vision.ts'

/** How a run is done. */
export interface EvaluationOptions {
  /** The run's name, for Temporal: a workflow that goes on is joined. */
  readonly run: string
  readonly temporalAddress: string
  /** Vision processes to start of each service; 0: those that run elsewhere, on task queues with this prefix, do the work. */
  readonly processes: number
  readonly taskQueuePrefix: string
  /** Chunks under way at the same time. */
  readonly lanes: number
  /** Called now and then, and at the end. */
  readonly onProgress: (progress: EvaluationProgress) => void
}

const progressIntervalMs = 1_000
/** Records of chunks under way at the same time in this process. */
const maxConcurrentActivities = 16

/**
 * Has the images of a run worked on until every chunk is recorded. A run that was broken off, by whatever, goes on where it was.
 * Throws `IpsError('run-busy')` where another process is at it.
 */
export async function runEvaluation(folder: RunFolder, options: EvaluationOptions): Promise<void> {
  const lock = await tryLock(`evaluation:${folder.path}`)
  if (lock === undefined) throw new IpsError('run-busy', `somebody is at the run ${options.run}`)
  const { services, folder: images } = folder.plan
  const { taskQueuePrefix, processes: count } = options
  const roles = services.map(({ role }) => role)
  const vision =
    count === 0
      ? undefined
      : await startVision({
          ...{ roles, count, folder: images, taskQueuePrefix, runFolder: folder.path },
        })
  try {
    await coordinate(folder, options)
  } finally {
    await vision?.stop()
    await lock.release()
  }
}

/** Runs the workflow, and what it needs beside the vision services. */
async function coordinate(folder: RunFolder, options: EvaluationOptions): Promise<void> {
  const { run, temporalAddress: address, taskQueuePrefix, lanes } = options
  const taskQueue = `evaluation/${run}`
  const crashed = Promise.withResolvers<never>()
  crashed.promise.catch(() => undefined)
  const logger = createLogger({ role: 'bench', level: 'error' })
  installTemporalRuntime(logger)
  const worker = startWorker({
    ...{ address, namespace: 'default', taskQueue, maxConcurrentActivities, logger },
    workflowsPath: path.resolve('workflows/index.ts'),
    activities: createEvaluationRunActivities(folder),
    shutdownGraceTimeMs: progressIntervalMs,
    onCrash: (error) => crashed.reject(error),
  })
  const connection = await Connection.connect({ address })
  try {
    const handle = await new Client({ connection }).workflow.start<typeof evaluationRun>(
      'evaluationRun',
      {
        workflowId: `evaluation/${run}`,
        // A run that was broken off goes on; one that is over has nothing left to do, or failed.
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        taskQueue,
        staticSummary: `${folder.plan.images.length} images of ${folder.plan.folder}`,
        args: [
          {
            ...{ chunks: folder.chunks, lanes },
            services: folder.plan.services.map(({ role, ...service }) => ({
              ...service,
              taskQueue: taskQueuePrefix + role,
            })),
          },
        ],
      },
    )
    options.onProgress(await Promise.race([follow(handle, options), crashed.promise]))
  } finally {
    await worker.stop()
    await connection.close()
  }
}

/** Tells how far the workflow is until it ends. */
async function follow(
  handle: WorkflowHandle<typeof evaluationRun>,
  { onProgress }: Pick<EvaluationOptions, 'onProgress'>,
): Promise<EvaluationProgress> {
  const ended = new AbortController()
  const told = tellProgress(handle, onProgress, ended.signal)
  try {
    return await handle.result()
  } finally {
    ended.abort()
    // A question under way would be left without its connection.
    await told
  }
}

async function tellProgress(
  handle: WorkflowHandle<typeof evaluationRun>,
  onProgress: EvaluationOptions['onProgress'],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    // A worker that is busy, or not there yet, answers another time.
    await handle.query(evaluationProgressQuery).then(onProgress, () => undefined)
    await setTimeout(progressIntervalMs, undefined, { signal }).catch(() => undefined)
  }
}
