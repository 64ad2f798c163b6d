import path from 'node:path'
import { once } from 'node:events'
import { pino } from 'pino'
import { Client, Connection } from '@temporalio/client'
import { startWorker, installTemporalRuntime } from '../../lib/temporal/start-worker.ts'
import { waitUntil } from '../wait-until.ts'
import { bareSignal, type bare } from './bare-workflow.ts'

/**
 * The baseline, a process of its own: workflows that are started by a signal and run one activity, as fast as they go, with
 * no Kafka, no journal and no search attributes. Arguments: a task queue, how many, and how many at once. Says `ready` when
 * everything is warm, waits for a line, works, says how many a second, and ends with its input.
 */
const [taskQueue = '', count = '0', inFlight = '1'] = process.argv.slice(2)
const warmUpWorkflows = 200
const maxConcurrentActivities = 100

const address = process.env['TEMPORAL_ADDRESS'] ?? ''
const logger = pino({ level: 'silent' })
installTemporalRuntime(logger)
let noted = 0
const waiting = new Set<() => void>()
const worker = startWorker({
  ...{ address, namespace: 'default', taskQueue, logger, maxConcurrentActivities },
  workflowsPath: path.join(import.meta.dirname, 'bare-workflow.ts'),
  activities: {
    note() {
      noted += 1
      for (const wake of waiting) wake()
      waiting.clear()
      return Promise.resolve()
    },
  },
  shutdownGraceTimeMs: 5_000,
  onCrash: (error) => {
    throw error
  },
})
const connection = await Connection.connect({ address })
const client = new Client({ connection })
await waitUntil('the worker runs', () => Promise.resolve(worker.isRunning()))

await run('warm', warmUpWorkflows)
process.stdout.write('ready\n')
await once(process.stdin, 'data')
const startedAt = performance.now()
await run('bare', Number(count))
process.stdout.write(`${(Number(count) * 1_000) / (performance.now() - startedAt)}\n`)
// What it has used is read before it ends.
await once(process.stdin, 'end')
await worker.stop()
await connection.close()
process.exit(0)

/** Resolves when all of them have ended. */
async function run(name: string, total: number): Promise<void> {
  const before = noted
  let started = 0
  const start = async () => {
    while (started < total) {
      const workflowId = `${taskQueue}/${name}/${(started += 1)}`
      await client.workflow.signalWithStart<typeof bare, [string]>('bare', {
        ...{ workflowId, taskQueue, args: [], signal: bareSignal, signalArgs: [workflowId] },
      })
      while (started - (noted - before) >= Number(inFlight)) await nextNote()
    }
  }
  // As many requests at once as the summary process makes.
  await Promise.all(Array.from({ length: 16 }, start))
  while (noted - before < total) await nextNote()
  await waitUntil('every workflow has ended', async () => {
    const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`
    return (await client.workflow.count(query)).count === 0
  })
}

function nextNote(): Promise<void> {
  return new Promise((resolve) => waiting.add(resolve))
}
