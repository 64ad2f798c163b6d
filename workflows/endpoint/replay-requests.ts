import type { ReplaySelection } from '../../activities/delivery/operations-journal.ts'
import { readTime } from '../read-time.ts'

/** A replay that has not come to its end. */
export interface WaitingReplay {
  readonly selection: ReplaySelection
  /** Up to which position it has come; absent before it has begun. */
  readonly after?: number
}

/** Ids of one request. */
const maxIds = 1_000
/** Ids that wait: with those of the replay that has begun half of what one payload of Temporal may hold. */
const maxWaitingIds = 4_000
/** Ids are shorter by far. */
const maxIdLength = 128

/**
 * Reads what came with a `replay` signal, whatever it is: what it selects, or an objection, as a sentence, where it is
 * not clear to the last detail what is meant. Nothing at all means what is dead. Never throws.
 */
export function readReplayRequest(
  request: unknown,
): { readonly selections: readonly ReplaySelection[] } | { readonly objection: string } {
  if (request === undefined || request === null) return { selections: [{}] }
  if (typeof request !== 'object' || Array.isArray(request))
    return { objection: 'it is no object with `since` or `ids`.' }
  const { since, ids, ...others } = request as Record<string, unknown>
  const [other] = Object.keys(others)
  if (other !== undefined) return { objection: `\`${printable(other)}\` is not known.` }
  const selections: ReplaySelection[] = []
  if (since !== undefined && since !== null) {
    const sinceMs = readTime(since)
    if (sinceMs === undefined) return { objection: '`since` is no time as in RFC 3339.' }
    selections.push({ since: sinceMs })
  }
  if (ids !== undefined && ids !== null) {
    if (!isListOfIds(ids)) return { objection: `\`ids\` is no list of 1 to ${maxIds} ids.` }
    selections.push({ ids: [...new Set(ids)] })
  }
  return { selections: selections.length === 0 ? [{}] : selections }
}

/**
 * Adds what was selected to the replays that wait. Those that have not begun are joined with others of their kind, so that
 * any number of requests waits as at most one of each kind. An objection where too many ids wait already.
 */
export function addReplay(
  replays: readonly WaitingReplay[],
  selection: ReplaySelection,
): { readonly replays: readonly WaitingReplay[]; readonly objection?: string } {
  const index = replays.findIndex(
    (known) => known.after === undefined && kindOf(known.selection) === kindOf(selection),
  )
  const known = replays[index]
  if (known === undefined) return { replays: [...replays, { selection }] }
  const joined = join(known.selection, selection)
  if ((joined.ids?.length ?? 0) > maxWaitingIds)
    return { replays, objection: `more than ${maxWaitingIds} ids wait already.` }
  return { replays: replays.with(index, { selection: joined }) }
}

function kindOf({ since, ids }: ReplaySelection): 'since' | 'ids' | 'dead' {
  if (ids !== undefined) return 'ids'
  return since === undefined ? 'dead' : 'since'
}

/** Both of one kind. */
function join(a: ReplaySelection, b: ReplaySelection): ReplaySelection {
  if (a.ids !== undefined && b.ids !== undefined) return { ids: [...new Set([...a.ids, ...b.ids])] }
  if (a.since !== undefined && b.since !== undefined) return { since: Math.min(a.since, b.since) }
  return a
}

function isListOfIds(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= maxIds &&
    value.every((id) => typeof id === 'string' && id !== '' && id.length <= maxIdLength)
  )
}

/** A name that somebody has sent, as it may stand in a text. */
function printable(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '?').slice(0, 40)
}
