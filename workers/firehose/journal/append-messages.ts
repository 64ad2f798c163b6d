import { notifyOf } from '../../../lib/journal/notify-of.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { transactInTwo, type Statement } from '../../../lib/postgres/transact.ts'
import { appendedChannel } from './channels.ts'
import { cutBlocks, type Block } from './cut-blocks.ts'
import type { NewMessage } from './new-message.ts'

/** The topics keep records for three days: what was in a slot that was closed before comes no more. One day is to spare. */
const copiesWithinDays = 4

/**
 * Appends messages to their clients' streams, in their order, in one transaction, and tells who listens. A message that is there
 * already is left out. Resolves with how many were not. A constant number of statements, in two round trips, whatever the number
 * of clients; their streams are locked in the order of their ids, so that appends never wait for each other in a circle. Throws
 * `IpsError('journal-unavailable')`, retryable, after which the messages may be there or not, all or none, and
 * `IpsError('journal-refused')` for data that the journal cannot hold.
 */
export async function appendMessages(pool: Pool, messages: readonly NewMessage[]): Promise<number> {
  if (messages.length === 0) return 0
  const candidates = withoutCopies(messages)
  const clientIds = [...new Set(candidates.map(({ key }) => key.clientId))].sort()
  let appended = 0
  await onJournal('appending messages', () =>
    transactInTwo(
      pool,
      // The second is a statement of its own: it sees what others have appended while the first waited for them.
      [lockStreams(clientIds), findNew(clientIds, candidates)],
      ([, rows]) => {
        const { slot, last_offsets: known, fresh } = (rows as [FoundRow])[0]
        const news = fresh.flatMap((number) => candidates[Number(number) - 1] ?? [])
        appended = news.length
        if (appended === 0) return []
        const lastOffsets = new Map(clientIds.map((id, index) => [id, BigInt(known[index] ?? 0)]))
        const blocks = cutBlocks(news, lastOffsets)
        return [insertIds(slot, news), insertBlocks(slot, blocks), moveStreams(blocks)]
      },
    ),
  )
  return appended
}

/** Each message once: a statement does not see what it has inserted itself. */
function withoutCopies(messages: readonly NewMessage[]): NewMessage[] {
  const first = new Map<string, NewMessage>()
  for (const message of messages) {
    const name = `${message.key.clientId}/${message.messageId}`
    if (!first.has(name)) first.set(name, message)
  }
  return [...first.values()]
}

/** Locks every stream, new or not, until the transaction ends. */
function lockStreams(clientIds: readonly string[]): Statement {
  return {
    name: 'lock-streams',
    // The condition comes after the lock.
    text: `
      INSERT INTO streams AS known (client_id) SELECT * FROM unnest($1::text[])
      ON CONFLICT (client_id) DO UPDATE SET last_offset = known.last_offset WHERE false`,
    values: [clientIds],
  }
}

/** `fresh` are the numbers, from 1, of the messages that are not there yet; `last_offsets` are in the order of the clients. */
interface FoundRow {
  readonly slot: number
  readonly last_offsets: readonly string[]
  readonly fresh: readonly string[]
}

/** Of the journal's slots those are looked at that may have copies of what comes now. */
function findNew(clientIds: readonly string[], messages: readonly NewMessage[]): Statement {
  return {
    name: 'find-new',
    text: `
      SELECT (SELECT max(slot) FROM slots) AS slot,
        ARRAY(
          SELECT (SELECT last_offset FROM streams WHERE streams.client_id = client.client_id)
          FROM unnest($1::text[]) WITH ORDINALITY AS client (client_id, number) ORDER BY number
        ) AS last_offsets,
        ARRAY(
          SELECT number FROM unnest($2::text[], $3::text[]) WITH ORDINALITY
            AS new (client_id, message_id, number)
          WHERE NOT EXISTS (
            SELECT FROM message_ids AS known
            WHERE known.client_id = new.client_id AND known.message_id = new.message_id
              AND known.slot >= (
                SELECT min(slot) FROM slots
                WHERE closed_at IS NULL OR closed_at > now() - interval '${copiesWithinDays} days'
              )
            OFFSET 0
          )
          ORDER BY number
        ) AS fresh`,
    values: [
      clientIds,
      messages.map(({ key }) => key.clientId),
      messages.map(({ messageId }) => messageId),
    ],
  }
}

function insertIds(slot: number, messages: readonly NewMessage[]): Statement {
  return {
    name: 'insert-message-ids',
    text: `
      INSERT INTO message_ids (slot, client_id, message_id)
      SELECT $1, * FROM unnest($2::text[], $3::text[])`,
    values: [
      slot,
      messages.map(({ key }) => key.clientId),
      messages.map(({ messageId }) => messageId),
    ],
  }
}

function insertBlocks(slot: number, blocks: readonly Block[]): Statement {
  return {
    name: 'insert-blocks',
    text: `
      INSERT INTO blocks (slot, client_id, first_offset, last_offset, sealed)
      SELECT $1, client_id, first_offset, last_offset, substring($7::bytea FROM start FOR length)
      FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[])
        AS new (client_id, first_offset, last_offset, start, length)`,
    values: [
      slot,
      blocks.map(({ clientId }) => clientId),
      blocks.map(({ firstOffset }) => firstOffset),
      blocks.map(({ lastOffset }) => lastOffset),
      startsOf(blocks),
      blocks.map(({ sealed }) => sealed.length),
      // One value, which goes as it is: in an array of them each byte would become two characters.
      Buffer.concat(blocks.map(({ sealed }) => sealed)),
    ],
  }
}

/** Where each block begins when all are put together, from 1. */
function startsOf(blocks: readonly Block[]): number[] {
  let next = 1
  return blocks.map(({ sealed }) => {
    const start = next
    next += sealed.length
    return start
  })
}

/** Ends each stream where its last block does. */
function moveStreams(blocks: readonly Block[]): Statement {
  const ends = new Map(blocks.map(({ clientId, lastOffset }) => [clientId, lastOffset]))
  return {
    name: 'move-streams',
    text: `
      WITH moved AS (
        UPDATE streams SET last_offset = news.last_offset
        FROM unnest($1::text[], $2::bigint[]) AS news (client_id, last_offset)
        WHERE streams.client_id = news.client_id
        RETURNING streams.client_id
      )
      ${notifyOf(appendedChannel, 'SELECT client_id FROM moved')}`,
    values: [[...ends.keys()], [...ends.values()]],
  }
}
