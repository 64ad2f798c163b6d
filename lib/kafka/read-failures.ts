import type { Admin, Kafka } from 'kafkajs'
import { readFailureCounts, type FailureCounts } from './failure-counts.ts'
import { IpsError } from '../errors/ips-error.ts'

/** Reads the failure counts that were committed with the offsets of a group. */
export interface FailureReader {
  /** `topic` with its prefix. Throws `IpsError('kafka-unavailable')`, retryable. */
  read(topic: string, partition: number): Promise<FailureCounts>
  stop(): Promise<void>
}

/** Creates a reader; it connects on first use, and reads nothing where failures are not counted. */
export function createFailureReader(
  kafka: Kafka,
  options: { topicPrefix: string; group: string; countsFailures?: boolean },
): FailureReader {
  let connecting: Promise<Admin> | undefined
  const connect = async () => {
    const admin = kafka.admin()
    await admin.connect()
    return admin
  }
  return {
    async read(topic, partition) {
      if (options.countsFailures !== true) return new Map()
      try {
        connecting ??= connect()
        const admin = await connecting
        const groupId = options.topicPrefix + options.group
        const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
        const found = offsets?.partitions.find((entry) => entry.partition === partition)
        return readFailureCounts(found?.metadata ?? null)
      } catch (cause) {
        connecting = undefined
        throw new IpsError('kafka-unavailable', 'reading committed offsets failed', {
          retryable: true,
          cause,
        })
      }
    },
    async stop() {
      const admin = await connecting?.catch(() => undefined)
      await admin?.disconnect()
    },
  }
}
