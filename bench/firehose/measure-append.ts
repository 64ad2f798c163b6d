import { setTimeout } from 'node:timers/promises'
import { createTestKafka, type TestKafka } from '../../test/support/kafka.ts'
import { createVisionRecord } from '../../test/support/push.ts'
import type { CpuByProcess } from '../measure-cpu.ts'
import { createCpuMeter, findServers } from '../measure-cpu.ts'
import { startProcess } from '../start-process.ts'
import { round } from '../statistics.ts'
import { waitUntil } from '../wait-until.ts'
import { withStage, type Stage } from './with-stage.ts'

/** How fast messages come into the journal. */
export interface Appending {
  readonly messages: number
  /** By the bench itself, 500 of one client at a time, one after the other. */
  readonly directPerSecond: number
  /** By a filler that finds them in Kafka, of many clients: from the first in the journal to the last. */
  readonly filler: {
    readonly clients: number
    readonly perSecond: number
    /** For each message; `sum` is that of the filler and PostgreSQL. */
    readonly cpuMs: CpuByProcess
  }
}

/** Makes a rendered message about 1 KiB. */
const text = 'x'.repeat(700)
const recordsPerSend = 500
const pollMs = 50

/** Measures both on journals of their own. */
export async function measureAppending(messages: number, clients: number): Promise<Appending> {
  const directPerSecond = await withStage(async ({ append }) => {
    await append('warm-up', messages / 10)
    const startedAt = performance.now()
    await append('direct', messages)
    return round((messages * 1_000) / (performance.now() - startedAt))
  })
  const kafka = await createTestKafka()
  try {
    const filler = await withStage((stage) => measureFiller(stage, kafka, { messages, clients }))
    return { messages, directPerSecond, filler: { clients, ...filler } }
  } finally {
    await kafka.drop()
  }
}

async function measureFiller(
  stage: Stage,
  kafka: TestKafka,
  { messages, clients }: { messages: number; clients: number },
): Promise<{ perSecond: number; cpuMs: CpuByProcess }> {
  await publish(stage, kafka, { messages, clients })
  const { environment } = stage
  const filler = await startProcess('firehose', {
    ...environment,
    KAFKA_TOPIC_PREFIX: kafka.options.topicPrefix,
  })
  try {
    const servers = (await findServers()).filter(({ name }) => name !== 'temporal')
    const processes = [{ name: 'filler', pid: filler.pid }, ...servers]
    const measureCpu = createCpuMeter(processes, ['filler', 'postgres'])
    // What is there before the first look is not counted.
    let first = 0
    while (first === 0) {
      await setTimeout(pollMs)
      first = await countAppended(stage)
    }
    const startedAt = performance.now()
    const [, cpuMs] = await measureCpu(Math.max(1, messages - first), () =>
      waitUntil('all are appended', async () => (await countAppended(stage)) >= messages),
    )
    const perSecond = round(((messages - first) * 1_000) / (performance.now() - startedAt))
    return { perSecond, cpuMs }
  } finally {
    await filler.stop()
  }
}

async function publish(
  { token }: Stage,
  kafka: TestKafka,
  { messages, clients }: { messages: number; clients: number },
): Promise<void> {
  const names = Array.from({ length: clients }, (_, index) => `client-${index}`)
  const tokens = await Promise.all(names.map(token))
  for (let first = 0; first < messages; first += recordsPerSend) {
    const size = Math.min(recordsPerSend, messages - first)
    const records = Array.from({ length: size }, (_, index) => {
      const number = first + index
      const client = number % clients
      return createVisionRecord({
        clientId: names[client] ?? '',
        token: tokens[client] ?? '',
        messageId: `message-${number}`,
        correlationId: `case-${number}`,
        text,
      })
    })
    await kafka.send('vision-1', records)
  }
}

async function countAppended({ pool }: Stage): Promise<number> {
  const { rows } = await pool.query<{ count: string | null }>(
    'SELECT sum(last_offset) AS count FROM streams',
  )
  return Number(rows[0]?.count ?? 0)
}
