import type { Packer } from './create-packer.ts'
import type { EndpointTarget, RecordedBatch } from './delivery-journal.ts'
import { batchOf, type Parcel, type SendableMessage } from './parcel.ts'

/** A body that is larger holds one message. */
export const maxBatchBytes = 1024 * 1024
/** Of the array and of each `id` member, which is about 32 digits long. */
const memberBytes = 48

/** A batch that is not complete yet. */
interface OpenBatch {
  readonly messages: SendableMessage[]
  /** What was recorded of it, if anything. */
  readonly record: RecordedBatch | undefined
  readonly sinceMs: number
  bytes: number
}

/**
 * Creates a packer of batches: at most `maxMessages` and 1 MiB in each, unless its first message alone is larger; a batch
 * waits at most `maxWaitMs` for company. Those that were recorded are made again as they were, whatever the limits say now.
 */
export function createBatchPacker(
  { maxMessages, maxWaitMs }: NonNullable<EndpointTarget['batch']>,
  recorded: readonly RecordedBatch[],
): Packer {
  const ready: Parcel[] = []
  let open: OpenBatch | undefined
  let records = recorded
  let messages = 0
  let characters = 0

  const seal = () => {
    // A batch of one message that could hold no more is the same every time.
    if (open !== undefined)
      ready.push(batchOf(open.messages, open.record === undefined && maxMessages > 1))
    open = undefined
  }
  const put = (message: SendableMessage, bytes: number, nowMs: number, record?: RecordedBatch) => {
    open ??= { messages: [], record, sinceMs: nowMs, bytes: 0 }
    open.messages.push(message)
    open.bytes += bytes
  }
  return {
    get messages() {
      return messages
    },
    get characters() {
      return characters
    },
    get readyAtMs() {
      return open === undefined || open.record !== undefined ? Infinity : open.sinceMs + maxWaitMs
    },
    add(message, nowMs) {
      messages += 1
      characters += message.body.length
      records = records.filter(({ last }) => last >= message.position)
      const record = records.find(({ first }) => first <= message.position)
      const bytes = Buffer.byteLength(message.body) + memberBytes
      if (open !== undefined && (open.record !== record || isFull(open, bytes))) seal()
      if (record?.isSplit === true) ready.push(batchOf([message], false))
      else put(message, bytes, nowMs, record)
      if (
        record === undefined
          ? open?.messages.length === maxMessages
          : record.last === message.position
      )
        seal()
    },
    seal,
    noteEnd() {
      if (open?.record !== undefined) seal()
    },
    peek(nowMs) {
      if (ready.length === 0 && open !== undefined && this.readyAtMs <= nowMs) seal()
      return ready[0]
    },
    take() {
      for (const { body } of ready.shift()?.messages ?? []) {
        messages -= 1
        characters -= body.length
      }
    },
    split(parcel) {
      for (const { body } of parcel.messages) {
        messages += 1
        characters += body.length
      }
      ready.unshift(...parcel.messages.map((message) => batchOf([message], false)))
    },
  }
}

function isFull({ record, bytes }: OpenBatch, more: number): boolean {
  return record === undefined && bytes + more > maxBatchBytes
}
