import type { NewMessage } from './new-message.ts'
import { packBlock, packedSizeOf } from './pack-block.ts'
import { sealBlock } from './seal-block.ts'

/** A run of messages of one client, ready for the journal. */
export interface Block {
  readonly clientId: string
  readonly firstOffset: bigint
  readonly lastOffset: bigint
  readonly sealed: Buffer
}

/** What a reader takes at once: it is decrypted as a whole. A larger message has a block of its own. */
export const maxBlockBytes = 256 * 1024
/** Small messages: a reader that wants a few of them still takes them all. */
export const maxBlockMessages = 1_000

/**
 * Gives messages their offsets, in their order, the first of a client the one after its `lastOffsets`, and seals them in
 * blocks. `lastOffsets` is brought up to date.
 */
export function cutBlocks(
  messages: readonly NewMessage[],
  lastOffsets: Map<string, bigint>,
): Block[] {
  const blocks: Block[] = []
  for (const run of runsOf(messages)) {
    const [{ key } = { key: undefined }] = run
    if (key === undefined) continue
    const { clientId } = key
    const firstOffset = (lastOffsets.get(clientId) ?? 0n) + 1n
    const lastOffset = firstOffset + BigInt(run.length) - 1n
    lastOffsets.set(clientId, lastOffset)
    const sealed = sealBlock(key, firstOffset, packBlock(run))
    blocks.push({ clientId, firstOffset, lastOffset, sealed })
  }
  return blocks
}

interface Run {
  readonly messages: NewMessage[]
  bytes: number
}

/** Messages of one client that go into one block. */
function runsOf(messages: readonly NewMessage[]): NewMessage[][] {
  const open = new Map<string, Run>()
  const runs: NewMessage[][] = []
  for (const message of messages) {
    const bytes = packedSizeOf(message)
    let run = open.get(message.key.clientId)
    if (
      run === undefined ||
      run.messages.length >= maxBlockMessages ||
      run.bytes + bytes > maxBlockBytes
    ) {
      run = { messages: [], bytes: 0 }
      open.set(message.key.clientId, run)
      runs.push(run.messages)
    }
    run.messages.push(message)
    run.bytes += bytes
  }
  return runs
}
