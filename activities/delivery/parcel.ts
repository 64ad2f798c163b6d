import { createHash } from 'node:crypto'
import type { QueuedMessage } from './delivery-journal.ts'

/** A message with something to send. */
export type SendableMessage = QueuedMessage & { readonly body: string }

/** What one request carries: a message, or a batch. */
export interface Parcel {
  /** The `webhook-id`: the same on every attempt. */
  readonly id: string
  /** In the order of the queue; at least one. */
  readonly messages: readonly SendableMessage[]
  /** The body is an array. */
  readonly isBatch: boolean
  /** Its composition is not recorded yet, and could be another one the next time. */
  readonly isUnrecorded: boolean
}

/** Of a SHA-256, 128 bits are enough to tell batches apart. */
const batchIdDigits = 32

/** A parcel of one message, as it is. */
export function parcelOf(message: SendableMessage): Parcel {
  return { id: message.messageId, messages: [message], isBatch: false, isUnrecorded: false }
}

/** A parcel whose body is the array of the messages. Its id is derived from theirs. */
export function batchOf(messages: readonly SendableMessage[], isUnrecorded: boolean): Parcel {
  const ids = messages.map(({ messageId }) => messageId).join('\n')
  const digest = createHash('sha256').update(ids).digest('hex').slice(0, batchIdDigits)
  return { id: `batch_${digest}`, messages, isBatch: true, isUnrecorded }
}

/** The bytes that are sent: a message as it was rendered; in a batch each object begins with its `id`. */
export function bodyOf({ messages, isBatch }: Parcel): Buffer {
  if (isBatch) return Buffer.from(`[${messages.map(withId).join(',')}]`)
  return Buffer.from(messages[0]?.body ?? '')
}

/** The bodies are JSON objects, without a space that is not needed. */
function withId({ messageId, body }: SendableMessage): string {
  const members = body.slice(1)
  return `{"id":${JSON.stringify(messageId)}${members.startsWith('}') ? '' : ','}${members}`
}
