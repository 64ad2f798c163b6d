import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import type { kafkaConsumerSettings, tokenSettings } from '../../lib/config/common-settings.ts'
import type { Config } from '../../lib/config/settings.ts'
import { startJournalConsumer } from '../../lib/journal/start-journal-consumer.ts'
import type { Producer } from '../../lib/kafka/create-producer.ts'
import type { Consumer } from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import { createPushFilling } from './create-push-filling.ts'
import type { PushMetrics } from './create-push-metrics.ts'
import type { Waker } from './create-waker.ts'
import type { PushJournal } from './journal/create-journal.ts'
import type { SecretBox } from './journal/create-secret-box.ts'
import { createPushRecordReader } from './read-push-record.ts'

/** What the write side needs. */
export interface PushConsumerOptions {
  readonly config: Config<typeof kafkaConsumerSettings & typeof tokenSettings>
  readonly group: string
  readonly journal: PushJournal
  readonly metrics: PushMetrics
  readonly producer: Producer
  readonly keys: ClientKeys
  readonly box: SecretBox
  readonly waker: Waker
  readonly logger: Logger
  onCrash(error: unknown): void
}

/** Starts the write side: journals what is to be delivered. Rejects where Kafka cannot be reached. */
export function startPushConsumer(options: PushConsumerOptions): Promise<Consumer> {
  const { config, journal, metrics, keys, box, waker, logger } = options
  const verifier = createTokenVerifier({
    keysDirectory: config.ipsKeysDirectory,
    issuer: config.tokenIssuer,
    cacheSize: config.tokenCacheSize,
  })
  const readRecord = createPushRecordReader({
    ...{ verifier, keys, box },
    onMalformedClaim: (clientId, error) => logger.warn({ clientId, error }, 'claim.malformed'),
  })
  const wake: Waker['wake'] = (endpoints) => waker.wake(endpoints)
  return startJournalConsumer({
    ...options,
    filling: createPushFilling({ readRecord, journal, metrics, wake }),
  })
}
