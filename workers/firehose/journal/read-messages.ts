import type { ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { unpackBlock, type PackedMessage } from './pack-block.ts'
import { openBlock } from './seal-block.ts'

/** A message of a client's stream. */
export interface StreamedMessage extends PackedMessage {
  readonly offset: bigint
}

/** A stretch of a client's stream. */
export interface Page {
  /** In the order of their offsets, without gaps. */
  readonly messages: readonly StreamedMessage[]
  /** Of the last message; where there is none, what was asked for. */
  readonly lastOffset: bigint
  /** Whether there is more already. */
  readonly hasMore: boolean
}

/** How much of a stream is kept. */
export interface Bounds {
  /** Of the oldest message that is kept; where there is none, of the next that comes. */
  readonly oldestOffset: bigint
  /** Of the newest message that there ever was; 0 where there was none. */
  readonly lastOffset: bigint
}

/** Small blocks: a statement looks at no more. */
const maxBlocks = 200
/** A connection that does not answer by then is given up: nobody may know that it is dead. */
export const readLimits = { query_timeout: 10_000 }

/** The bounds of a client's stream. Throws `IpsError('journal-unavailable')`, retryable. */
export async function readBounds(pool: Pool, clientId: string): Promise<Bounds> {
  const { rows } = await onJournal('reading the bounds of a stream', () =>
    pool.query<{ last_offset: string; oldest: string | null }>({
      ...readLimits,
      name: 'read-bounds',
      text: `
        SELECT last_offset, (
          SELECT first_offset FROM blocks WHERE client_id = $1 ORDER BY last_offset LIMIT 1
        ) AS oldest
        FROM streams WHERE client_id = $1`,
      values: [clientId],
    }),
  )
  const lastOffset = BigInt(rows[0]?.last_offset ?? 0)
  return { oldestOffset: BigInt(rows[0]?.oldest ?? lastOffset + 1n), lastOffset }
}

/** A block, and where the stream ends. All but that are `null` where there is no block. */
interface BlockRow {
  readonly head: string
  readonly first_offset: string | null
  readonly last_offset: string | null
  readonly sealed: Buffer | null
}

/**
 * The messages of a client that come after an offset, as whole blocks: so many that they have `maxBytes`, at least one where there
 * is one, and not many of very small ones. Throws `IpsError('offset-removed')`, not retryable, where retention has removed some that come after it,
 * `IpsError('journal-unavailable')`, retryable, and what `ClientKeys.existingKey` and `openContent` throw.
 */
export async function readMessages(
  { pool, keys }: { pool: Pool; keys: ClientKeys },
  clientId: string,
  after: bigint,
  { maxBytes }: { maxBytes: number },
): Promise<Page> {
  const { rows } = await onJournal('reading a stream', () =>
    pool.query<BlockRow>({ ...readBlocks, values: [clientId, after, maxBytes] }),
  )
  const [first] = rows
  const head = BigInt(first?.head ?? 0)
  const blocks = rows.flatMap(toBlock)
  if ((blocks[0]?.firstOffset ?? head + 1n) > after + 1n) {
    throw new IpsError('offset-removed', `retention has removed what comes after ${after}`)
  }
  const lastOffset = blocks.at(-1)?.lastOffset ?? after
  if (blocks.length === 0) return { messages: [], lastOffset, hasMore: false }
  const key = await keys.existingKey(clientId)
  const messages: StreamedMessage[] = []
  for (const { firstOffset, sealed } of blocks) {
    let offset = firstOffset
    for (const message of unpackBlock(openBlock(key, firstOffset, sealed))) {
      if (offset > after) messages.push({ ...message, offset })
      offset += 1n
    }
  }
  return { messages, lastOffset, hasMore: lastOffset < head }
}

/** One statement: how far the stream goes and what is kept of it are of the same moment. */
const readBlocks = {
  ...readLimits,
  name: 'read-blocks',
  text: `
    SELECT stream.last_offset AS head, first_offset, block.last_offset, sealed
    FROM streams AS stream
    LEFT JOIN LATERAL (
      SELECT first_offset, last_offset, sealed
      FROM (
        SELECT *, sum(octet_length(sealed)) OVER (ORDER BY last_offset) AS running
        FROM (
          SELECT first_offset, last_offset, sealed FROM blocks
          WHERE client_id = $1 AND last_offset > $2
          ORDER BY last_offset LIMIT ${maxBlocks}
        ) AS candidate
      ) AS measured
      WHERE running - octet_length(sealed) < $3
    ) AS block ON true
    WHERE stream.client_id = $1
    ORDER BY last_offset`,
}

function toBlock(row: BlockRow) {
  const { first_offset: first, last_offset: last, sealed } = row
  if (first === null || last === null || sealed === null) return []
  return [{ firstOffset: BigInt(first), lastOffset: BigInt(last), sealed }]
}
