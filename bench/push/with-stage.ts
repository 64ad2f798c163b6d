import { Client, Connection } from '@temporalio/client'
import { createPushFixture, type PushFixture } from '../../test/support/push.ts'
import { readCpuSeconds, type NamedProcess } from '../cpu-by-process.ts'
import { findListener } from '../find-listener.ts'
import { latencyOf, round, type Latency } from '../statistics.ts'
import { startPush, type PushProcess } from './start-push.ts'
import { startSink, type Arrivals, type Sink } from './start-sink.ts'
import {
  createMessages,
  publishAll,
  publishSteadily,
  type Endpoint,
  type Send,
  type WrittenAt,
} from './traffic.ts'

/** CPU that a delivery costs, in ms, by process; `sum` is that of push, PostgreSQL and Temporal. */
export type CpuPerDelivery = Readonly<Record<string, number>>

/** What a run of messages shows. */
export interface Run {
  readonly perSecond: number
  readonly latencyMs: Latency
  readonly cpuMs: CpuPerDelivery
  readonly copies: number
}

/** A push process with topics, databases, a task queue and endpoints of its own. */
export interface Stage {
  readonly fixture: PushFixture
  readonly push: PushProcess
  readonly sink: Sink
  readonly temporal: Client
  readonly send: Send
  /** Delivers so many messages, in turn to each endpoint, as fast as possible or at a rate. */
  deliver(endpoints: readonly Endpoint[], count: number, perSecond?: number): Promise<Run>
  /** Measures the CPU that work costs for each of so many deliveries. */
  measureCpu<T>(deliveries: number, work: () => Promise<T>): Promise<[T, CpuPerDelivery]>
}

/** What of the CPU the sum holds: ours, and the servers that only push uses so. */
const summed = ['push', 'postgres', 'temporal']

/** Sets a stage up, works on it, and takes it down. */
export async function withStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const fixture = await createPushFixture()
  const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' })
  const sink = await startSink()
  try {
    const push = await startPush(fixture.environment)
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
  const processes = await findProcesses(push, sink)
  let runs = 0
  const send: Send = (messages) =>
    fixture.kafka.send(
      'vision-1',
      messages.map(({ record }) => record),
    )
  const measureCpu: Stage['measureCpu'] = async (deliveries, work) => {
    const before = await readCpuSeconds(processes)
    const result = await work()
    const after = await readCpuSeconds(processes)
    const cpu = Object.fromEntries(
      [...after].map(([name, seconds]) => {
        return [name, round(((seconds - (before.get(name) ?? 0)) * 1_000) / deliveries)]
      }),
    )
    const sum = summed.reduce((total, name) => total + (cpu[name] ?? 0), 0)
    return [result, { ...cpu, sum: round(sum) }]
  }
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

/** Those of servers on other machines are left out. */
async function findProcesses(push: PushProcess, sink: Sink): Promise<NamedProcess[]> {
  const servers = {
    postgres: new URL(process.env['POSTGRES_URL'] ?? '').port,
    temporal: process.env['TEMPORAL_ADDRESS']?.split(':').at(-1),
    kafka: process.env['KAFKA_BROKERS']?.split(',')[0]?.split(':').at(-1),
  }
  const processes: NamedProcess[] = [{ name: 'push', pid: push.pid }]
  for (const [name, port] of Object.entries(servers)) {
    const pid = await findListener(Number(port))
    if (pid !== undefined) processes.push({ name, pid })
  }
  return [...processes, { name: 'sink', pid: sink.pid }, { name: 'bench', pid: process.pid }]
}
