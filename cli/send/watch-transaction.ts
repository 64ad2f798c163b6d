import { setTimeout } from 'node:timers/promises'
import { readEnvelope } from '../../lib/envelope/read-envelope.ts'
import { renderMessage, type RenderedMessage } from '../../lib/envelope/render-message.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { KafkaOptions } from '../../lib/kafka/create-kafka.ts'
import { partitionFor } from '../../lib/kafka/partition-for.ts'
import { tailPartition } from '../../lib/kafka/tail-partition.ts'
import { topics } from '../../lib/topology.ts'
import type { ExpectedMessages } from './expected-messages.ts'

/** Which transaction is watched. */
export interface WatchOptions {
  readonly kafka: KafkaOptions
  readonly clientId: string
  readonly transactionId: string
  readonly onMessage: (message: RenderedMessage) => void
}

/** A transaction that is watched from now on. */
export interface TransactionWatch {
  /** Resolves when all that is expected of these images has come. Throws `IpsError('send-timed-out')`. */
  until(imageIds: readonly string[], expected: ExpectedMessages, timeoutMs: number): Promise<void>
  stop(): Promise<void>
}

const pollMs = 100
const terminalType = 'vision.v1m0.ImageProcessed'

/**
 * Watches what the services say of a transaction, in the topics that clients' messages are made from: the same messages,
 * before they are delivered. Each is reported once.
 */
export async function watchTransaction(options: WatchOptions): Promise<TransactionWatch> {
  const seen = new Map<string, RenderedMessage>()
  const tail = await tailPartition({
    ...options.kafka,
    topics: [topics.vision.name, topics.summary.name],
    partition: partitionFor(
      { clientId: options.clientId, correlationId: options.transactionId },
      topics.vision.partitions,
    ),
    onRecord({ key, value, timestamp }) {
      const complete = readEnvelope(value)
      const { correlationId, messageId } = complete.envelope
      const isOurs = key === options.clientId && correlationId === options.transactionId
      if (!isOurs || seen.has(messageId)) return
      const message = renderMessage(complete, new Date(timestamp))
      seen.set(messageId, message)
      options.onMessage(message)
    },
  })
  return {
    async until(imageIds, expected, timeoutMs) {
      const deadline = performance.now() + timeoutMs
      while (!isComplete([...seen.values()], imageIds, expected)) {
        if (performance.now() > deadline) {
          const detail = `after ${timeoutMs / 1000} s only ${seen.size} messages have come`
          throw new IpsError('send-timed-out', detail)
        }
        await setTimeout(pollMs)
      }
    },
    stop: () => tail.stop(),
  }
}

function isComplete(
  messages: readonly RenderedMessage[],
  imageIds: readonly string[],
  expected: ExpectedMessages,
): boolean {
  const terminals = new Set(messages.filter(({ type }) => type === terminalType).map(terminalOf))
  return (
    expected.summaries.every((summary) => messages.some(({ type }) => type === summary)) &&
    imageIds.every((id) => expected.terminals.every((name) => terminals.has(`${id} ${name}`)))
  )
}

function terminalOf({ imageId, data }: RenderedMessage): string {
  const { service, version } = data as { service: string; version: string }
  return `${imageId ?? ''} ${service}/${version}`
}
