import { endpointIdOf } from '../../workers/push/read-push-record.ts'
import { endpointWorkflowId, retryNowSignal, statusQuery } from '../../workflows/messages.ts'
import type { CpuByProcess } from '../measure-cpu.ts'
import { publishAll } from '../publish.ts'
import { round } from '../statistics.ts'
import { machineMs } from '../machine-clock.ts'
import { createEndpoints, createMessages, type Endpoint } from './traffic.ts'
import { waitUntil } from '../wait-until.ts'
import { withStage, type Stage } from './with-stage.ts'

/** How a backlog goes out after an outage of its endpoint. */
export interface Drain {
  readonly messages: number
  /** Records a second that are journalled while nothing can be delivered. */
  readonly journalledPerSecond: number
  /** From the operator's `retryNow` to the first webhook, and to the last one. */
  readonly firstMs: number
  readonly seconds: number
  readonly perSecond: number
  /** Requests with an id that had arrived already. */
  readonly copies: number
  readonly cpuMs: CpuByProcess
  /** Of the push process: with the backlog in the journal, and the most while it went out. */
  readonly residentMiB: { readonly before: number; readonly peak: number }
}

const warmUpMessages = 2_000
/** So that no more than these are in the bench's memory. */
const messagesPerStep = 10_000
const sampleMs = 200

/** Lets messages of one endpoint pile up while it refuses connections, then brings it back and retries at once. */
export async function measureDrain(options: {
  readonly messages: number
  readonly report: (line: string) => void
}): Promise<Drain> {
  const { messages, report } = options
  return withStage(async (stage) => {
    const { sink, push } = stage
    const url = `${sink.origin}/ok`
    const targets = await createEndpoints(stage.fixture, { name: 'outage', count: 1, url })
    await stage.deliver(targets, warmUpMessages)
    await sink.goDown()
    const journalledPerSecond = await pileUp(stage, targets, messages)
    report(`drain: ${messages} messages wait`)
    const workflow = await untilBackingOff(stage, targets)
    const before = await push.residentMiB()
    await sink.comeBack()
    const memory = watchMemory(stage)
    const startedAt = machineMs()
    const [arrivals, cpuMs] = await stage.measureCpu(messages, async () => {
      await workflow.signal(retryNowSignal)
      return sink.arrived(messages)
    })
    const times = [...arrivals.at.values()]
    const seconds = (times.reduce((one, other) => Math.max(one, other), 0) - startedAt) / 1_000
    return {
      messages,
      journalledPerSecond,
      firstMs: round(times.reduce((one, other) => Math.min(one, other), Infinity) - startedAt),
      seconds: round(seconds),
      perSecond: round(messages / seconds),
      copies: arrivals.copies,
      cpuMs,
      residentMiB: { before: round(before), peak: round(await memory.peak()) },
    }
  })
}

/** Writes messages until all of them are journalled. */
async function pileUp(stage: Stage, targets: readonly Endpoint[], count: number): Promise<number> {
  const { kafka } = stage.fixture
  const startedAt = machineMs()
  for (let written = 0; written < count; written += messagesPerStep) {
    const step = Math.min(messagesPerStep, count - written)
    await publishAll(stage.send, createMessages(targets, `backlog-${written}`, step))
  }
  const sum = (offsets: ReadonlyMap<number, bigint>) =>
    [...offsets.values()].reduce((total, offset) => total + offset, 0n)
  const written = sum(await kafka.written('vision-1'))
  await waitUntil('every record is journalled', async () => {
    return sum(await kafka.committed('push', 'vision-1')) >= written
  })
  return round((count * 1_000) / (machineMs() - startedAt))
}

/** The second back-off is minutes long: then nothing goes out by itself. */
async function untilBackingOff({ temporal }: Stage, targets: readonly Endpoint[]) {
  const [target] = targets
  if (target === undefined) throw new Error('no endpoint')
  const id = endpointWorkflowId({ clientId: target.clientId, endpointId: endpointIdOf(target) })
  const workflow = temporal.workflow.getHandle(id)
  await waitUntil('the endpoint backs off', async () => {
    const { state, failures } = await workflow.query(statusQuery)
    return state === 'backing-off' && failures >= 2
  })
  return workflow
}

/** Looks at the push process's memory from time to time until its peak is asked for. */
function watchMemory({ push }: Stage) {
  let peak = 0
  const look = async () => {
    peak = Math.max(peak, await push.residentMiB())
  }
  const timer = setInterval(() => void look(), sampleMs)
  return {
    async peak() {
      clearInterval(timer)
      await look()
      return peak
    },
  }
}
