import { setTimeout } from 'node:timers/promises'
import proto from '@temporalio/proto'
import { topics } from '../../lib/topology.ts'
import { machineMs } from '../machine-clock.ts'
import type { CpuByProcess } from '../measure-cpu.ts'
import { round } from '../statistics.ts'
import { waitUntil } from '../wait-until.ts'
import { measureDelayOn, type Delay } from './measure-delay.ts'
import { measureSizes, type Sizes } from './measure-sizes.ts'
import { prepareOpenTransactions, type CreateTransaction } from './traffic.ts'
import { withStage, type Stage } from './with-stage.ts'

/** Transactions that wait for images which never come, more and more of them. */
export interface OpenWindows {
  readonly open: number
  readonly before: Sizes
  readonly steps: readonly OpenStep[]
  /** Of new transactions beside none, and beside all of them. */
  readonly delayBefore: Delay
  readonly delayAfter: Delay
}

/** What it is like when so many are open. */
export interface OpenStep {
  readonly open: number
  /** Opened a second, since the step before. */
  readonly perSecond: number
  /** For each one opened since the step before. */
  readonly cpuMs: CpuByProcess
  readonly sizes: Sizes
}

/** Transactions in one request to Kafka: about 2 MiB. */
const transactionsPerSend = 200
/** For a workflow to be opened on the slowest of machines; with this for each of a step, a step that is stuck ends. */
const msPerWorkflow = 500
/** So that what is left of the work is collected before memory is looked at. */
const restMs = 5_000

/** Opens so many transactions in equal steps. */
export async function measureOpen(options: {
  readonly open: number
  readonly steps: number
  readonly delay: { readonly perSecond: number; readonly seconds: number }
  readonly report: (line: string) => void
}): Promise<OpenWindows> {
  const { open, delay, report } = options
  return withStage(async (stage) => {
    await measureDelayOn(stage, { name: 'warm', ...delay })
    const delayBefore = await measureDelayOn(stage, { name: 'before', ...delay })
    report(`delay beside none: ${JSON.stringify(delayBefore)}`)
    const before = await measureSizes(stage)
    report(`open: 0, ${JSON.stringify(before)}`)
    const create = await prepareOpenTransactions(stage.fixture)
    const steps: OpenStep[] = []
    for (let step = 1; step <= options.steps; step += 1) {
      const from = steps.at(-1)?.open ?? 0
      const to = Math.round((open * step) / options.steps)
      const result = await takeStep(stage, create, from, to)
      steps.push(result)
      report(`open: ${JSON.stringify(result)}`)
    }
    const delayAfter = await measureDelayOn(stage, { name: 'after', ...delay })
    return { open, before, steps, delayBefore, delayAfter }
  })
}

async function takeStep(
  stage: Stage,
  create: CreateTransaction,
  from: number,
  to: number,
): Promise<OpenStep> {
  const startedAt = machineMs()
  const [perSecond, cpuMs] = await stage.measureCpu(to - from, async () => {
    for (let at = from; at < to; at += transactionsPerSend) {
      const count = Math.min(transactionsPerSend, to - at)
      const batch = Array.from({ length: count }, (_, index) => create(`open-${at + index}`))
      await stage.send(batch.flatMap(({ pieces }) => pieces.flat()))
    }
    await untilOpen(stage, msPerWorkflow * (to - from))
    return round(((to - from) * 1_000) / (machineMs() - startedAt))
  })
  await setTimeout(restMs)
  return { open: to, perSecond, cpuMs, sizes: await measureSizes(stage) }
}

/** Everything is read, every workflow is told, and each has begun to wait. */
async function untilOpen({ fixture, temporal }: Stage, timeoutMs: number): Promise<void> {
  const { kafka, taskQueue } = fixture
  const sum = (offsets: ReadonlyMap<number, bigint>) =>
    [...offsets.values()].reduce((total, offset) => total + offset, 0n)
  const written = sum(await kafka.written(topics.vision.name))
  const areTold = async () => sum(await kafka.committed('summary', topics.vision.name)) >= written
  await waitUntil('every workflow is told', areTold, timeoutMs)
  const areWaiting = async () => {
    const { stats } = await temporal.workflowService.describeTaskQueue({
      namespace: 'default',
      taskQueue: { name: taskQueue },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
      reportStats: true,
    })
    return Number(stats?.approximateBacklogCount ?? 0) === 0
  }
  await waitUntil('every workflow waits', areWaiting, timeoutMs)
}
