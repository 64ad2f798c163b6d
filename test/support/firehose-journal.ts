import path from 'node:path'
import { journalPoolSettings } from '../../lib/journal/journal-pool-settings.ts'
import type { SlottedJournal } from '../../lib/journal/start-retention.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import {
  createFirehoseJournal,
  type FirehoseJournal,
  type FirehoseReader,
} from '../../workers/firehose/journal/create-firehose-journal.ts'
import type { NewMessage } from '../../workers/firehose/journal/new-message.ts'
import { createFirehoseSlots } from '../../workers/firehose/journal/slots.ts'
import { derivedKey, derivedKeys } from './client-keys.ts'
import { createTestDatabases } from './postgres.ts'

/** The journal of the firehose in a database of its own on the real server. */
export interface TestFirehoseJournal {
  readonly journal: FirehoseJournal
  readonly slots: SlottedJournal
  readonly pool: Pool
  readonly url: string
  readonly database: string
  /** Makes everything a day older, and opens the slot that is due then. */
  passDay(): Promise<void>
  drop(): Promise<void>
}

/** Creates the database. */
export async function createTestFirehoseJournal(): Promise<TestFirehoseJournal> {
  const databases = createTestDatabases()
  const directory = path.resolve('workers/firehose/schema')
  const pool = await databases.createDatabase('firehose', directory, journalPoolSettings)
  const slots = createFirehoseSlots(pool)
  return {
    journal: createFirehoseJournal(pool, derivedKeys),
    ...{ slots, pool, url: databases.url, database: `${databases.prefix}firehose` },
    async passDay() {
      const day = `interval '1 day'`
      await pool.query(
        `UPDATE slots SET opened_at = opened_at - ${day}, closed_at = closed_at - ${day}`,
      )
      await slots.openSlotWhenDue()
    },
    drop: () => databases.drop(),
  }
}

/** A message for a client's stream. */
export function createMessage(clientId: string, messageId: string, text = ''): NewMessage {
  return {
    key: derivedKey(clientId),
    messageId,
    type: 'ocr.v1m0.RecognizedText',
    correlationId: 'case',
    json: Buffer.from(JSON.stringify({ id: messageId, text })),
  }
}

/** What a reader has seen of a stream. */
export interface StreamView {
  readonly ids: string[]
  lastOffset: bigint
}

/**
 * Reads on from where a view ends, until there is no more. Throws where an offset is missing, comes twice or is out of its order:
 * offsets of a view that begins at 0 are 1, 2, 3…
 */
export async function readOn(reader: FirehoseReader, clientId: string, view: StreamView) {
  for (let hasMore = true; hasMore;) {
    const page = await reader.read(clientId, view.lastOffset, { maxBytes: 4_096 })
    for (const { offset, json } of page.messages) {
      if (offset !== view.lastOffset + 1n)
        throw new Error(`offset ${offset} comes after ${view.lastOffset}`)
      view.lastOffset = offset
      view.ids.push((JSON.parse(json.toString()) as { id: string }).id)
    }
    if (page.lastOffset !== view.lastOffset) throw new Error('the page ends elsewhere')
    hasMore = page.hasMore
  }
}

/** A whole stream, from its beginning. */
export async function readStream(reader: FirehoseReader, clientId: string): Promise<string[]> {
  const view: StreamView = { ids: [], lastOffset: 0n }
  await readOn(reader, clientId, view)
  return view.ids
}
