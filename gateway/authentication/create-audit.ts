import type { Pool } from '../../lib/postgres/create-pool.ts'
import { repeat } from '../../lib/process/repeat.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import {
  addDecisions,
  removeOldAuditEvents,
  type CountedDecision,
  type DecisionEvent,
} from './audit-events.ts'

/** A killed process loses the counts of so long; each decision is in its log. */
const flushIntervalMs = 1_000
/** Retention is counted in days. */
const cleaningIntervalMs = 10 * 60 * 1_000
const hourMs = 60 * 60 * 1_000
/**
 * Different decisions kept in memory, about 300 bytes each: more than clients come in a second, and enough for the hours of
 * an outage. What does not fit is counted without its name.
 */
const maxDecisions = 10_000

/** A decision about a request for a token. */
export interface Decision {
  readonly event: DecisionEvent
  readonly clientId?: string | undefined
  readonly reason?: string | undefined
  readonly credential?: string | undefined
}

/** Notes decisions. */
export interface Audit {
  /** Writes a log event at once; what the database keeps follows within a second, or when it is there again. */
  note(decision: Decision): void
  /** Writes what is left; resolves also where that fails. */
  stop(): Promise<void>
}

/** Creates an audit that keeps its rows for `days`. */
export function createAudit(options: {
  readonly pool: Pool
  readonly days: number
  readonly logger: Logger
  readonly now: () => Date
}): Audit {
  const { pool, days, logger, now } = options
  const counts = createCounts()
  const flush = async () => {
    const decisions = counts.take()
    if (decisions.length === 0) return
    try {
      await addDecisions(pool, decisions)
    } catch (error) {
      for (const decision of decisions) counts.add(decision)
      logger.warn({ error, decisions: decisions.length }, 'audit.write-failed')
    }
  }
  const clean = async () => {
    await removeOldAuditEvents(pool, days).catch((error: unknown) =>
      logger.warn({ error }, 'audit.cleaning-failed'),
    )
  }
  const tasks = [repeat(flush, flushIntervalMs), repeat(clean, cleaningIntervalMs)]
  return {
    note({ event, clientId = '', reason = '', credential = '' }) {
      logger.info({ clientId, ...(reason && { reason }), ...(credential && { credential }) }, event)
      const at = now()
      const name = reason === 'client-unknown' ? '' : clientId
      counts.add({ event, clientId: name, reason, credential, times: 1, firstAt: at, lastAt: at })
    },
    async stop() {
      await Promise.all(tasks.map((task) => task.stop()))
      await flush()
    },
  }
}

/** Decisions by the hour, until they are written. */
function createCounts() {
  let counted = new Map<string, CountedDecision>()
  const keyOf = ({ event, clientId, reason, credential, firstAt }: CountedDecision) =>
    [Math.floor(firstAt.getTime() / hourMs), event, clientId, reason, credential].join(' ')
  return {
    add(decision: CountedDecision): void {
      const fits = counted.size < maxDecisions || counted.has(keyOf(decision))
      const kept = fits ? decision : { ...decision, clientId: '', credential: '' }
      const key = keyOf(kept)
      const known = counted.get(key)
      counted.set(key, known === undefined ? kept : sum(known, kept))
    },
    take(): CountedDecision[] {
      const decisions = [...counted.values()]
      counted = new Map()
      return decisions
    },
  }
}

function sum(a: CountedDecision, b: CountedDecision): CountedDecision {
  const firstAt = a.firstAt < b.firstAt ? a.firstAt : b.firstAt
  const lastAt = a.lastAt > b.lastAt ? a.lastAt : b.lastAt
  return { ...a, times: a.times + b.times, firstAt, lastAt }
}
