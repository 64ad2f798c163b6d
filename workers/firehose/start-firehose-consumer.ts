import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import type { kafkaConsumerSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import type { Config } from '../../lib/config/settings.ts'
import { startJournalConsumer } from '../../lib/journal/start-journal-consumer.ts'
import type { Producer } from '../../lib/kafka/create-producer.ts'
import type { Consumer } from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import type { FirehoseMetrics } from './create-firehose-metrics.ts'
import type { FirehoseJournal } from './journal/create-firehose-journal.ts'
import { createFirehoseRecordReader } from './read-firehose-record.ts'

/** What the filler needs. */
export interface FirehoseConsumerOptions {
  readonly config: Config<typeof kafkaConsumerSettings & typeof tokenSettings>
  readonly group: string
  readonly journal: Pick<FirehoseJournal, 'append'>
  readonly metrics: FirehoseMetrics
  readonly producer: Producer
  readonly keys: ClientKeys
  readonly logger: Logger
  onCrash(error: unknown): void
}

/** Starts the filler: journals what clients may stream. Rejects where Kafka cannot be reached. */
export function startFirehoseConsumer(options: FirehoseConsumerOptions): Promise<Consumer> {
  const { config, journal, metrics, keys, logger } = options
  const verifier = createTokenVerifier({
    keysDirectory: config.ipsKeysDirectory,
    issuer: config.tokenIssuer,
    cacheSize: config.tokenCacheSize,
  })
  return startJournalConsumer({
    ...options,
    filling: {
      readRecord: createFirehoseRecordReader({
        ...{ verifier, keys },
        onMalformedClaim: (clientId, error) => logger.warn({ clientId, error }, 'claim.malformed'),
      }),
      async append(messages) {
        const appended = await journal.append(messages)
        metrics.appended(appended)
        return { appended }
      },
      recordRead: (outcome) => metrics.recordRead(outcome),
    },
  })
}
