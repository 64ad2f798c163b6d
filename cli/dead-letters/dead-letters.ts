import type { KafkaOptions } from '../../lib/kafka/create-kafka.ts'
import { createProducer } from '../../lib/kafka/create-producer.ts'
import { readTopic } from '../../lib/kafka/read-topic.ts'
import { topics } from '../../lib/topology.ts'
import {
  isSelected,
  readDeadLetter,
  type DeadLetter,
  type DeadLetterSelection,
} from './dead-letter.ts'

/** Dead letters that have the same reason and come from the same place. */
export interface DeadLetterCount {
  readonly group: string
  readonly topic: string
  readonly reason: string
  /** Of the newest. */
  readonly detail: string
  readonly records: number
  /** RFC 3339, as is `newestAt`. */
  readonly oldestAt: string
  readonly newestAt: string
}

/** Counts dead letters, those with the newest last. Throws what `readTopic` throws. */
export async function countDeadLetters(
  kafka: KafkaOptions,
  selection: DeadLetterSelection,
): Promise<DeadLetterCount[]> {
  const counts = new Map<string, DeadLetterCount>()
  await readSelected(kafka, selection, (letter) => {
    const { group, topic, reason, detail, at } = letter
    const key = JSON.stringify([group, topic, reason])
    const time = new Date(at).toISOString()
    const known = counts.get(key)
    const isNewest = known === undefined || time >= known.newestAt
    counts.set(key, {
      ...{ group, topic, reason, detail: isNewest ? detail : known.detail },
      records: (known?.records ?? 0) + 1,
      oldestAt: known === undefined || time < known.oldestAt ? time : known.oldestAt,
      newestAt: isNewest ? time : known.newestAt,
    })
  })
  return [...counts.values()].sort((a, b) => a.newestAt.localeCompare(b.newestAt))
}

/**
 * Writes dead letters once more to where they were read, with the same keys and values, and returns how many. All who read there
 * get them: journals know what they had in the last four days by its id, and take what is older for new. Throws what `readTopic`
 * and `Producer.send` throw; then some were written.
 */
export async function replayDeadLetters(
  kafka: KafkaOptions,
  selection: DeadLetterSelection,
): Promise<number> {
  const producer = await createProducer(kafka)
  let replayed = 0
  try {
    await readSelected(kafka, selection, async ({ clientId, topic, partition, value }) => {
      await producer.send(topic, [{ key: clientId, partition, value }])
      replayed += 1
    })
  } finally {
    await producer.disconnect()
  }
  return replayed
}

function readSelected(
  kafka: KafkaOptions,
  selection: DeadLetterSelection,
  onLetter: (letter: DeadLetter) => Promise<void> | void,
): Promise<void> {
  return readTopic({
    ...kafka,
    topic: topics.deadLetter.name,
    onRecord(record) {
      const letter = readDeadLetter(record)
      return letter !== undefined && isSelected(letter, selection) ? onLetter(letter) : undefined
    },
  })
}
