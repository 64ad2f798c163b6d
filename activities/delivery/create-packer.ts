import { createBatchPacker } from './create-batch-packer.ts'
import type { EndpointTarget, RecordedBatch } from './delivery-journal.ts'
import type { Packer } from './packer.ts'
import { parcelOf, type Parcel, type SendableMessage } from './parcel.ts'

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
