import { setTimeout } from 'node:timers/promises'
import { publishAll } from '../publish.ts'
import { round } from '../statistics.ts'
import { createEndpoints, createMessages } from './traffic.ts'
import { waitUntil } from '../wait-until.ts'
import { withStage, type Stage } from './with-stage.ts'

/** What endpoints in back-off cost the push process, in MiB. */
export interface BackOffMemory {
  readonly endpoints: number
  readonly residentMiB: { readonly before: number; readonly after: number }
  readonly heapMiB: { readonly before: number; readonly after: number }
  /** From the first message to the last endpoint that backs off. */
  readonly seconds: number
}

/** Nobody listens there: connections are refused. */
const deadUrl = 'http://127.0.0.1:1/dead'
/** The first back-off is 5 to 6 s long; after the second one it is quiet for minutes. */
const firstBackOffMs = 8_000
/** For the collector to take what is left of the start. */
const restMs = 5_000
const bytesPerMib = 1_024 * 1_024

/** Sends a message to each of 1,000 endpoints that refuse connections, and waits until all of them back off. */
export async function measureBackOff(options: {
  readonly endpoints: number
}): Promise<BackOffMemory> {
  const count = options.endpoints
  return withStage(async (stage) => {
    const targets = await createEndpoints(stage.fixture, { name: 'dead', count, url: deadUrl })
    await setTimeout(restMs)
    const before = await readMemory(stage)
    const startedAt = Date.now()
    await publishAll(stage.send, createMessages(targets, 'dead', count))
    await untilBackingOff(stage, count)
    const seconds = (Date.now() - startedAt) / 1_000
    await setTimeout(firstBackOffMs)
    await untilBackingOff(stage, count)
    await setTimeout(restMs)
    const after = await readMemory(stage)
    return {
      endpoints: count,
      residentMiB: { before: before.resident, after: after.resident },
      heapMiB: { before: before.heap, after: after.heap },
      seconds: round(seconds),
    }
  })
}

async function readMemory({ push }: Stage): Promise<{ resident: number; heap: number }> {
  const heapBytes = await push.metric('nodejs_heap_size_used_bytes')
  return { resident: round(await push.residentMiB()), heap: round(heapBytes / bytesPerMib) }
}

async function untilBackingOff({ temporal, fixture }: Stage, wanted: number): Promise<void> {
  const query = `TaskQueue = '${fixture.taskQueue}' AND deliveryState = 'backing-off'`
  await waitUntil('every endpoint backs off', async () => {
    return (await temporal.workflow.count(query)).count >= wanted
  })
}
