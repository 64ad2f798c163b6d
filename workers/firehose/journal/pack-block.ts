import { IpsError } from '../../../lib/errors/ips-error.ts'

/** A message as a block holds it: what filters look at, and what clients see. */
export interface PackedMessage {
  readonly type: string
  readonly correlationId: string
  /** What a client sees, in UTF-8, without the offset: it begins with `{"id":`. */
  readonly json: Buffer
}

/**
 * A block is its version, then message after message: the lengths of the three parts, then the parts. So whoever filters skips
 * what is not wanted without looking at it.
 */
const version = 1
const lengthBytes = 4
const headerBytes = 3 * lengthBytes

/** Bytes that a message takes in a block. */
export function packedSizeOf({ type, correlationId, json }: PackedMessage): number {
  return headerBytes + Buffer.byteLength(type) + Buffer.byteLength(correlationId) + json.length
}

/** Puts messages together, in their order. */
export function packBlock(messages: readonly PackedMessage[]): Buffer {
  const parts: Buffer[] = [Buffer.of(version)]
  for (const { type, correlationId, json } of messages) {
    const texts = [Buffer.from(type), Buffer.from(correlationId)]
    const header = Buffer.allocUnsafe(headerBytes)
    for (const [index, part] of [...texts, json].entries())
      header.writeUInt32BE(part.length, index * lengthBytes)
    parts.push(header, ...texts, json)
  }
  return Buffer.concat(parts)
}

/**
 * Takes a block apart, message by message; `json` is a view of the block. Throws `IpsError('block-malformed')`, not retryable,
 * for what `packBlock` has not made.
 */
export function* unpackBlock(block: Buffer): Generator<PackedMessage, void, undefined> {
  if (block[0] !== version) throw malformed()
  for (let at = 1; at < block.length;) {
    const typeAt = at + headerBytes
    if (typeAt > block.length) throw malformed()
    const correlationAt = typeAt + block.readUInt32BE(at)
    const jsonAt = correlationAt + block.readUInt32BE(at + lengthBytes)
    const end = jsonAt + block.readUInt32BE(at + 2 * lengthBytes)
    if (end > block.length) throw malformed()
    yield {
      type: block.toString('utf8', typeAt, correlationAt),
      correlationId: block.toString('utf8', correlationAt, jsonAt),
      json: block.subarray(jsonAt, end),
    }
    at = end
  }
}

function malformed(): IpsError {
  return new IpsError('block-malformed', 'a block of the journal is not of a form that is known')
}
