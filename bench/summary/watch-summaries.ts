import { randomBytes } from 'node:crypto'
import { readEnvelope } from '../../lib/envelope/read-envelope.ts'
import { createKafka, type KafkaOptions } from '../../lib/kafka/create-kafka.ts'
import { topics } from '../../lib/topology.ts'
import { machineMs } from '../machine-clock.ts'

/** What arrives in `summary-1`. */
export interface SummaryWatch {
  /** When the transaction's first summary arrived, in ms of `machineMs`. Rejects after 5 minutes. */
  arrival(correlationId: string): Promise<number>
  stop(): Promise<void>
}

/** Much longer than anything takes on a slow machine: then something is lost. */
const timeoutMs = 300_000
/** An idle fetch returns after this time; one that finds something returns at once. */
const maxWaitTimeInMs = 500

/** Reads the topic from its beginning. */
export async function watchSummaries(kafka: KafkaOptions): Promise<SummaryWatch> {
  const arrivals = new Map<string, PromiseWithResolvers<number>>()
  const of = (correlationId: string) => {
    const known = arrivals.get(correlationId) ?? Promise.withResolvers<number>()
    arrivals.set(correlationId, known)
    return known
  }
  const groupId = `${kafka.topicPrefix}bench-${randomBytes(6).toString('hex')}`
  const consumer = createKafka(kafka).consumer({ groupId, maxWaitTimeInMs })
  await consumer.connect()
  await consumer.subscribe({ topic: kafka.topicPrefix + topics.summary.name, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch({ batch }) {
      const now = machineMs()
      for (const { value } of batch.messages) {
        if (value !== null) of(readEnvelope(value).envelope.correlationId).resolve(now)
      }
      return Promise.resolve()
    },
  })
  return {
    async arrival(correlationId) {
      const { promise, reject } = of(correlationId)
      const lost = () => reject(new Error(`no summary of ${correlationId} in ${timeoutMs} ms`))
      const timer = setTimeout(lost, timeoutMs)
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        arrivals.delete(correlationId)
      }
    },
    stop: () => consumer.disconnect(),
  }
}
