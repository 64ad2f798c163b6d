import path from 'node:path'
import { stopOrphans } from '../../../cli/supervisor/stop-everything.ts'
import { manageProcess } from '../../../cli/supervisor/managed-process.ts'
import { findPortBase } from '../../../cli/testing/find-port-base.ts'
import { createTestKafka } from '../../../test/support/kafka.ts'
import { modelsDirectory } from '../../../test/support/model-files.ts'
import type { RoleName } from '../../../lib/topology.ts'

/** Vision processes at work. */
export interface VisionProcesses {
  stop(): Promise<void>
}

const healthTimeoutMs = 3_000
const stopTimeoutMs = 25_000

/**
 * Starts vision processes for a run, so many of each role, and keeps them running: one that dies is started again. They read
 * files of `folder` and no other, and get no messages. Resolves when all are ready. What a killed evaluation left behind ends first.
 */
export async function startVision(options: {
  readonly roles: readonly RoleName[]
  readonly count: number
  readonly folder: string
  readonly taskQueuePrefix: string
  /** The mark by which survivors are found, and the place of the logs. */
  readonly runFolder: string
}): Promise<VisionProcesses> {
  const { roles, count, folder, taskQueuePrefix, runFolder } = options
  await stopOrphans(runFolder)
  const kafka = await createTestKafka()
  const wanted = roles.flatMap((role) => Array.from({ length: count }, (_, at) => ({ role, at })))
  const base = await findPortBase(wanted.length)
  const processes = wanted.map(({ role, at }, index) => {
    const port = base + index
    return manageProcess(
      {
        ...{ kind: 'role', name: `${role}-${at}`, ports: { health: port } },
        command: process.execPath,
        args: ['--disable-warning=TimeoutNegativeWarning', path.resolve('main.ts'), role],
        environment: {
          ...givenEnvironment(),
          MODELS_DIRECTORY: modelsDirectory(),
          KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
          TEMPORAL_TASK_QUEUE_PREFIX: taskQueuePrefix,
          EVALUATION_FOLDER: folder,
          // Of tokens: none come.
          IPS_KEYS_DIRECTORY: path.join(runFolder, 'keys'),
          HEALTH_PORT: String(port),
        },
        directory: process.cwd(),
        isReady: () => isReady(port),
        ...{ stopSignal: 'SIGTERM', stopTimeoutMs },
      },
      {
        home: runFolder,
        logFile: path.join(runFolder, 'logs', `${role}-${at}.log`),
        onChange: () => undefined,
      },
    )
  })
  const stop = async () => {
    await Promise.all(processes.map((managed) => managed.stop()))
    await kafka.drop()
  }
  try {
    await Promise.all(processes.map(({ firstReady }) => firstReady))
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`, {
    signal: AbortSignal.timeout(healthTimeoutMs),
  })
  await response.body?.cancel()
  return response.ok
}

function givenEnvironment(): Record<string, string> {
  const given = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return { ...Object.fromEntries(given), NODE_OPTIONS: '' }
}
