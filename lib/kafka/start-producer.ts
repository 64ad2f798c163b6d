import { IpsError } from '../errors/ips-error.ts'
import type { KafkaOptions } from './create-kafka.ts'
import { createProducer, type Producer } from './create-producer.ts'

const firstRetryMs = 500
const maxRetryMs = 5_000

/** A producer that may not be connected yet. */
export interface BackgroundProducer extends Producer {
  /** True from the first connection on: from then it reconnects by itself when something is sent. */
  isEverConnected(): boolean
}

/**
 * A producer that connects in the background, for as long as it takes, so that a process starts and says what is wrong
 * while Kafka is away. Until it is connected `send` throws `IpsError('kafka-unavailable')`, retryable, at once.
 */
export function startProducer(options: KafkaOptions): BackgroundProducer {
  const stopping = new AbortController()
  const state: { producer?: Producer } = {}
  const connecting = connect(options, state, stopping.signal)
  return {
    async send(topic, records) {
      if (state.producer === undefined) {
        throw new IpsError('kafka-unavailable', 'not connected yet', { retryable: true })
      }
      await state.producer.send(topic, records)
    },
    isEverConnected: () => state.producer !== undefined,
    isConnected: () => state.producer?.isConnected() ?? false,
    async disconnect() {
      stopping.abort()
      await connecting
      await state.producer?.disconnect()
    },
  }
}

async function connect(
  options: KafkaOptions,
  state: { producer?: Producer },
  signal: AbortSignal,
): Promise<void> {
  for (let delayMs = firstRetryMs; !signal.aborted; delayMs = Math.min(delayMs * 2, maxRetryMs)) {
    try {
      state.producer = await createProducer(options)
      return
    } catch (error) {
      options.logger.warn({ error }, 'kafka.connect-failed')
      await abortableDelay(delayMs, signal)
    }
  }
}

function abortableDelay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, delayMs)
    signal.addEventListener('abort', finish)
  })
}
