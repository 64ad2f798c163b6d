import { Kafka, logLevel, type LogEntry } from 'kafkajs'
import type { Logger } from '../telemetry/create-logger.ts'

/** Where Kafka is, and who asks. */
export interface KafkaOptions {
  readonly brokers: readonly string[]
  /** Seen in the broker's logs and metrics. */
  readonly clientId: string
  /** Put before every topic and group. */
  readonly topicPrefix: string
  readonly logger: Logger
}

/** Above the broker's own wait for `acks=-1`; a request that takes longer is lost. */
const requestTimeoutMs = 30_000
const connectionTimeoutMs = 3_000

/** Creates a client of the Kafka library. Nothing outside this folder sees it. */
export function createKafka({ brokers, clientId, logger }: KafkaOptions): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => writeEntry(logger, entry),
  })
}

function writeEntry(logger: Logger, { level, namespace, log }: LogEntry): void {
  const { message, timestamp: _timestamp, stack: _stack, ...fields } = log
  const event = { ...fields, component: `kafka.${namespace}`, detail: message }
  // The library retries what it logs; an error that it gives up on is thrown to the caller and logged there.
  if (level <= logLevel.WARN) logger.warn(event, 'kafka.reported')
  else logger.debug(event, 'kafka.reported')
}
