import { dropExpiredSlots } from '../../../lib/journal/drop-expired-slots.ts'
import { openSlotWhenDue } from '../../../lib/journal/open-slot.ts'
import type { SlotLayout } from '../../../lib/journal/slots.ts'
import type { SlottedJournal } from '../../../lib/journal/start-retention.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'

/**
 * Rows say themselves to which slot they belong: that of the newest when they are appended. An append chooses it under the lock of
 * the client's stream, so that retention always removes the oldest part of a stream.
 */
const layout: SlotLayout = {
  tables: ['blocks', 'message_ids'],
  boundsOf: (slot) => `IN (${slot})`,
}

/** The slots of the firehose's journal. */
export function createFirehoseSlots(pool: Pool): SlottedJournal {
  return {
    openSlotWhenDue: () => openSlotWhenDue(pool, layout),
    dropExpiredSlots: (retentionSeconds) => dropExpiredSlots(pool, layout, retentionSeconds),
  }
}
