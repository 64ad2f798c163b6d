import type { EndpointTarget, RecordedBatch } from './delivery-journal.ts'
import type { Packer } from './packer.ts'
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
  const held = { messages: 0, characters: 0 }
  let open: OpenBatch | undefined

  const seal = () => {
    if (open === undefined) return
    // A batch of one message that could hold no more is the same every time.
    ready.push(batchOf(open.messages, open.record === undefined && maxMessages > 1))
    open = undefined
  }
  const readyAtMs = () => (open === undefined || open.record ? Infinity : open.sinceMs + maxWaitMs)
  return {
    get messages() {
      return held.messages
    },
    get characters() {
      return held.characters
    },
    get readyAtMs() {
      return readyAtMs()
    },
    add(message, nowMs) {
      count(held, message, 1)
      const { position } = message
      const record = recorded.find(({ first, last }) => first <= position && position <= last)
      const bytes = Buffer.byteLength(message.body) + memberBytes
      if (open !== undefined && (open.record !== record || isFull(open, bytes))) seal()
      if (record?.isSplit === true) {
        ready.push(batchOf([message], false))
        return
      }
      open ??= { messages: [], record, sinceMs: nowMs, bytes: 0 }
      open.messages.push(message)
      open.bytes += bytes
      if (record ? record.last === position : open.messages.length === maxMessages) seal()
    },
    seal,
    noteEnd() {
      if (open?.record !== undefined) seal()
    },
    peek(nowMs) {
      if (ready.length === 0 && readyAtMs() <= nowMs) seal()
      return ready[0]
    },
    take() {
      for (const message of ready.shift()?.messages ?? []) count(held, message, -1)
    },
    split({ messages }) {
      for (const message of messages) count(held, message, 1)
      ready.unshift(...messages.map((message) => batchOf([message], false)))
    },
  }
}

function count(
  held: { messages: number; characters: number },
  { body }: SendableMessage,
  sign: 1 | -1,
): void {
  held.messages += sign
  held.characters += sign * body.length
}

function isFull({ record, bytes }: OpenBatch, more: number): boolean {
  return record === undefined && bytes + more > maxBatchBytes
}
