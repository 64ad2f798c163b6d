import { Client, Connection } from '@temporalio/client'
import type { OutgoingRecord } from '../../lib/kafka/create-producer.ts'
import { topics } from '../../lib/topology.ts'
import { createSummaryFixture, type SummaryFixture } from '../../test/support/summary.ts'
import type { NamedProcess } from '../cpu-by-process.ts'
import { createCpuMeter, findServers, type MeasureCpu } from '../measure-cpu.ts'
import { startProcess, type RunningProcess } from '../start-process.ts'
import { watchSummaries, type SummaryWatch } from './watch-summaries.ts'

/** A summary process with topics, databases and a task queue of its own. */
export interface Stage {
  readonly fixture: SummaryFixture
  readonly summary: RunningProcess
  readonly summaries: SummaryWatch
  readonly temporal: Client
  /** Those of this machine. */
  readonly servers: readonly NamedProcess[]
  /** Writes records to `vision-1`, acknowledged. */
  send(records: readonly OutgoingRecord[]): Promise<void>
  /** `sum` is that of the summary process, PostgreSQL and Temporal. */
  readonly measureCpu: MeasureCpu
}

const summed = ['summary', 'postgres', 'temporal']

/** Sets a stage up, works on it, and takes it down. */
export async function withStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const fixture = await createSummaryFixture()
  const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' })
  const temporal = new Client({ connection })
  const summaries = await watchSummaries(fixture.kafka.options)
  try {
    const summary = await startProcess('summary', fixture.environment)
    const servers = await findServers()
    const processes = [
      { name: 'summary', pid: summary.pid },
      ...servers,
      { name: 'bench', pid: process.pid },
    ]
    try {
      return await work({
        ...{ fixture, summary, summaries, temporal, servers },
        send: (records) => fixture.kafka.send(topics.vision.name, records),
        measureCpu: createCpuMeter(processes, summed),
      })
    } finally {
      await summary.stop()
    }
  } finally {
    await terminateWorkflows(temporal, fixture.taskQueue)
    await summaries.stop()
    await fixture.drop()
    await connection.close()
  }
}

/** Nobody would ever go on with them. The server does it by itself, one after the other. */
async function terminateWorkflows(temporal: Client, taskQueue: string): Promise<void> {
  await temporal.workflowService.startBatchOperation({
    namespace: 'default',
    jobId: `bench-${taskQueue}`,
    reason: 'the bench has ended',
    visibilityQuery: `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`,
    terminationOperation: {},
  })
}
