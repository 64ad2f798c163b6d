import { createBatchPacker } from './create-batch-packer.ts'
import type { EndpointTarget, RecordedBatch } from './delivery-journal.ts'
import { parcelOf, type Parcel, type SendableMessage } from './parcel.ts'

/** Makes parcels of the messages of a queue, in their order. */
export interface Packer {
  /** Messages that are in no parcel that was taken, and the characters of their bodies. */
  readonly messages: number
  readonly characters: number
  /** When a parcel will be ready without more messages, in the time of `nowMs`; Infinity where more are needed. */
  readonly readyAtMs: number
  add(message: SendableMessage, nowMs: number): void
  /** Nothing will be added before something is taken: what waits for company goes as it is. */
  seal(): void
  /** The queue has nothing more at the moment. */
  noteEnd(): void
  /** The next parcel, as long as it is not taken. */
  peek(nowMs: number): Parcel | undefined
  take(): void
  /** Puts the messages of a batch in front, each as an array of one. */
  split(parcel: Parcel): void
}

/** Creates an empty packer: of batches where the endpoint's claim asks for them, else of single messages. */
export function createPacker(
  batch: EndpointTarget['batch'],
  recorded: readonly RecordedBatch[],
): Packer {
  return batch === undefined ? createSinglePacker() : createBatchPacker(batch, recorded)
}

function createSinglePacker(): Packer {
  const queue: SendableMessage[] = []
  let characters = 0
  let head: Parcel | undefined
  return {
    get messages() {
      return queue.length
    },
    get characters() {
      return characters
    },
    readyAtMs: Infinity,
    add(message) {
      queue.push(message)
      characters += message.body.length
    },
    seal: () => undefined,
    noteEnd: () => undefined,
    peek() {
      const [first] = queue
      if (head === undefined && first !== undefined) head = parcelOf(first)
      return head
    },
    take() {
      characters -= queue.shift()?.body.length ?? 0
      head = undefined
    },
    split: () => undefined,
  }
}
