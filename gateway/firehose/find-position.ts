import type { FirehoseReader } from '../../workers/firehose/journal/create-firehose-journal.ts'
import type { Bounds } from '../../workers/firehose/journal/read-messages.ts'
import { jitteredRetryAfter, type Random } from '../retry-after.ts'
import type { StreamRight } from './authorise-stream.ts'
import { firehoseProblem } from './firehose-problems.ts'
import type { StreamRequest } from './read-stream-request.ts'

/**
 * Finds the offset that a stream begins behind. Throws the problems `journal-unavailable`, `offset-in-future` and
 * `offset-removed`.
 */
export async function findPosition(
  { clientId }: StreamRight,
  { lastOffset }: StreamRequest,
  { journal, random }: { journal: Pick<FirehoseReader, 'bounds'>; random: Random },
): Promise<bigint> {
  const bounds = await readBounds(journal, clientId, random)
  if (lastOffset === 'latest') return bounds.lastOffset
  const beforeOldest = bounds.oldestOffset - 1n
  if (lastOffset === 0n) return beforeOldest
  if (lastOffset > bounds.lastOffset) {
    const detail = `the last offset is ${bounds.lastOffset}`
    throw firehoseProblem('offset-in-future', detail)
  }
  if (lastOffset >= beforeOldest) return lastOffset
  const detail = `the oldest message that is kept is ${bounds.oldestOffset}: go on with lastOffset ${beforeOldest}`
  const members = { oldestOffset: bounds.oldestOffset.toString() }
  throw firehoseProblem('offset-removed', detail, { members })
}

async function readBounds(
  journal: Pick<FirehoseReader, 'bounds'>,
  clientId: string,
  random: Random,
): Promise<Bounds> {
  try {
    return await journal.bounds(clientId)
  } catch (cause) {
    const headers = jitteredRetryAfter(random)
    throw firehoseProblem('journal-unavailable', 'the journal cannot be read', { headers, cause })
  }
}
