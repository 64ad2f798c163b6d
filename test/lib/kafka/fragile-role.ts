import { kafkaConsumerSettings } from '../../../lib/config/common-settings.ts'
import { createCarefulHandler } from '../../../lib/kafka/create-careful-handler.ts'
import { createProducer } from '../../../lib/kafka/create-producer.ts'
import { sendDeadLetter } from '../../../lib/kafka/send-dead-letter.ts'
import { startConsumer } from '../../../lib/kafka/start-consumer.ts'
import { defineRole, runRole } from '../../../lib/process/run-role.ts'

const group = 'fragile'

/** As a callback does that nobody waits for, while the work goes on. */
function throwElsewhere(): Promise<never> {
  setImmediate(() => {
    throw new Error('on purpose')
  })
  return new Promise(() => undefined)
}

/** A role that does with a record what the record says: run as a process of its own by the tests. */
const role = defineRole({
  name: 'probe',
  settings: kafkaConsumerSettings,
  async start({ config, logger, supervise }) {
    const kafka = {
      brokers: config.kafkaBrokers,
      topicPrefix: config.kafkaTopicPrefix,
      clientId: group,
      logger,
    }
    const producer = await createProducer(kafka)
    const consumer = await supervise('consumer', (onCrash) =>
      startConsumer({
        ...kafka,
        ...{ group, onCrash, countsFailures: true },
        topics: ['ingest-1'],
        concurrentPartitions: 4,
        sessionTimeoutMs: config.kafkaSessionTimeoutMs,
        maxFetchBytes: 1024 * 1024,
        handle: createCarefulHandler({
          async handle(records, context) {
            for (const record of records) {
              const value = record.value.toString()
              if (value === 'kill') process.kill(process.pid, 'SIGKILL')
              if (value === 'throw') throw new TypeError('on purpose')
              if (value === 'throw elsewhere') await throwElsewhere()
              context.complete(record)
            }
          },
          giveUp: (record, reason) => sendDeadLetter(producer, group, record, reason),
          logger,
        }),
      }),
    )
    return {
      readiness: () => ({ kafka: consumer.current()?.isConnected() === true ? 'ok' : 'no' }),
      async stop() {
        await consumer.stop()
        await producer.disconnect()
      },
    }
  },
})

await runRole(role, process.env, process.argv.slice(2))
