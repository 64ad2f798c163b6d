import { Client, Connection } from '@temporalio/client'
import { createPushFixture, type PushFixture } from '../../test/support/push.ts'
import { createCpuMeter, findServers, type CpuByProcess, type MeasureCpu } from '../measure-cpu.ts'
import { publishAll, publishSteadily, type Send, type WrittenAt } from '../publish.ts'
import { startProcess, type RunningProcess } from '../start-process.ts'
import { latencyOf, round, type Latency } from '../statistics.ts'
import { startSink, type Arrivals, type Sink } from './start-sink.ts'
import { createMessages, type Endpoint } from './traffic.ts'

/** What a run of messages shows. */
export interface Run {
  readonly perSecond: number
  readonly latencyMs: Latency
  /** For each delivery; `sum` is that of push, PostgreSQL and Temporal. */
  readonly cpuMs: CpuByProcess
  readonly copies: number
}

/** A push process with topics, databases, a task queue and endpoints of its own. */
export interface Stage {
  readonly fixture: PushFixture
  readonly push: RunningProcess
  readonly sink: Sink
  readonly temporal: Client
  readonly send: Send
  /** Delivers so many messages, in turn to each endpoint, as fast as possible or at a rate. */
  deliver(endpoints: readonly Endpoint[], count: number, perSecond?: number): Promise<Run>
  readonly measureCpu: MeasureCpu
}

/** What of the CPU the sum holds: ours, and the servers that only push uses so. */
const summed = ['push', 'postgres', 'temporal']

/** Sets a stage up, works on it, and takes it down. */
export async function withStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const fixture = await createPushFixture()
  const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' })
  const sink = await startSink()
  try {
    const push = await startProcess('push', fixture.environment)
    try {
      const temporal = new Client({ connection })
      return await work(await createStage({ fixture, push, sink, temporal }))
    } finally {
      await push.stop()
    }
  } finally {
    sink.stop()
    await fixture.drop()
    await connection.close()
  }
}

async function createStage(
  parts: Pick<Stage, 'fixture' | 'push' | 'sink' | 'temporal'>,
): Promise<Stage> {
  const { fixture, push, sink } = parts
  const processes = [
    { name: 'push', pid: push.pid },
    ...(await findServers()),
    { name: 'sink', pid: sink.pid },
    { name: 'bench', pid: process.pid },
  ]
  const measureCpu = createCpuMeter(processes, summed)
  let runs = 0
  const send: Send = (messages) =>
    fixture.kafka.send(
      'vision-1',
      messages.map(({ record }) => record),
    )
  return {
    ...parts,
    send,
    measureCpu,
    async deliver(endpoints, count, perSecond) {
      runs += 1
      const messages = createMessages(endpoints, `run-${runs}`, count)
      const [{ writtenAt, arrivals }, cpuMs] = await measureCpu(count, async () => {
        const writing =
          perSecond === undefined
            ? publishAll(send, messages)
            : publishSteadily(send, messages, perSecond)
        const [writtenAt, arrivals] = await Promise.all([writing, sink.arrived(count)])
        return { writtenAt, arrivals }
      })
      return { ...timesOf(writtenAt, arrivals), cpuMs, copies: arrivals.copies }
    },
  }
}

/** From just before the first record was written to the last arrival; from each one to its own. */
export function timesOf(
  writtenAt: WrittenAt,
  { at }: Arrivals,
): Pick<Run, 'perSecond' | 'latencyMs'> {
  const latencies: number[] = []
  let first = Infinity
  let last = 0
  for (const [id, arrivedAt] of at) {
    const written = writtenAt.get(id)
    if (written === undefined) throw new Error(`${id} was not written in this run`)
    latencies.push(arrivedAt - written)
    first = Math.min(first, written)
    last = Math.max(last, arrivedAt)
  }
  return {
    perSecond: round((latencies.length * 1_000) / (last - first)),
    latencyMs: latencyOf(latencies),
  }
}
