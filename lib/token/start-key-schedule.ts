import { setting, integer } from '../config/settings.ts'
import { repeat, type Repetition } from '../process/repeat.ts'
import type { Logger } from '../telemetry/create-logger.ts'
import { ensureKeys, readPublicKeys } from './key-files.ts'
import type { KeyPurpose } from './key-purposes.ts'
import { deleteRetiredKeys } from './retire-key.ts'
import { rotateKey } from './rotate-key.ts'

/** What a process that issues tokens has. */
export const keySettings = {
  keyRotationDays: setting(
    integer(0, 3_650).default(90),
    'A key signs or encrypts for so long, then the next one does; 0: keys are rotated by hand, or by the secret store that they come from',
  ),
  keyLeadSeconds: setting(
    integer(5, 86_400).default(600),
    'A new key is published so long before it is used; others keep the published keys for five minutes',
  ),
} as const

/** What the schedule needs. */
export interface KeyScheduleOptions {
  readonly directory: string
  readonly purposes: readonly KeyPurpose[]
  readonly keyRotationDays: number
  readonly keyLeadSeconds: number
  readonly logger: Logger
  readonly clock?: () => number
}

const dayMs = 24 * 60 * 60 * 1000
/** A day's rotation may come an hour late; each look reads a few small files. */
const intervalMs = 60 * 60 * 1000

/**
 * Makes sure that there are keys, and from then on looks every hour for ones whose time is over: makes their successors, and
 * deletes what is retired. Rejects where there are no keys and none can be made; later failures are logged and tried again.
 */
export async function startKeySchedule(options: KeyScheduleOptions): Promise<Repetition> {
  const { directory, purposes, logger } = options
  for (const purpose of purposes) await ensureKeys(directory, purpose)
  const look = () =>
    rotateWhenDue(options).catch((error: unknown) => {
      logger.error({ error }, 'keys.rotation-failed')
    })
  return repeat(look, intervalMs, { atOnce: true })
}

/**
 * Makes the successors that are due, none with `keyRotationDays` 0, and deletes what is retired. Idempotent; safe in several
 * processes at once.
 */
export async function rotateWhenDue(options: KeyScheduleOptions): Promise<void> {
  const { directory, logger, clock = Date.now } = options
  const nowMs = clock()
  if (options.keyRotationDays > 0) await rotateDue(options, nowMs)
  const deleted = await deleteRetiredKeys(directory, nowMs)
  if (deleted.length > 0) logger.info({ kids: deleted }, 'keys.deleted')
}

async function rotateDue(
  { directory, purposes, keyRotationDays, keyLeadSeconds, logger }: KeyScheduleOptions,
  nowMs: number,
): Promise<void> {
  const leadMs = keyLeadSeconds * 1000
  for (const purpose of purposes) {
    const records = await readPublicKeys(directory, purpose, nowMs)
    // One that was taken back before its time is nobody's successor.
    const newest = records.find(({ state }) => state !== 'retired')
    const dueMs = Date.parse(newest?.activeFrom ?? '') + keyRotationDays * dayMs
    if (nowMs + leadMs < dueMs) continue
    const { kid, activeFrom } = await rotateKey(directory, purpose, {
      nowMs,
      activeFromMs: Math.max(dueMs, nowMs + leadMs),
    })
    logger.info({ purpose, kid, activeFrom }, 'keys.rotated')
  }
}
