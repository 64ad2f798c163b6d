import { readEnvelope } from '../../lib/envelope/read-envelope.ts'
import { isClientErased } from '../../lib/client-keys/create-client-keys.ts'
import type { ClientKey } from '../../lib/client-keys/seal-content.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type {
  ImageTemplate,
  JournalledMessage,
} from '../../activities/summary/transaction-record.ts'
import type { SummaryRights } from './read-summary-rights.ts'
import { readTemplates } from './read-templates.ts'
import { readVisionContent } from './read-vision-content.ts'

/** What a token says of summaries, with the key that its client's content is sealed with. */
export interface JournalRights extends SummaryRights {
  readonly key: ClientKey
}

/** A message with all that its envelope and its token say, ready for the journal. */
export interface JournalEntry extends JournalledMessage {
  readonly clientId: string
  readonly correlationId: string
  readonly announced: number
  readonly rights: JournalRights
  readonly token: string
  readonly ingestedAt: Date
  readonly traceparent: string
  readonly synthetic: boolean
  /** What the image's faces are compared by: attached to a terminal message. */
  readonly templates: readonly ImageTemplate[]
}

/** What became of a record: an entry, or why there is none. */
export type ReadRecord =
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  /** The token does not ask for summaries. */
  | { readonly kind: 'unwanted' }
  /** The client was erased: nothing of it is kept. */
  | { readonly kind: 'erased' }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }

/**
 * Says what a token allows, at a time; `undefined` where it does not ask for summaries. Throws `IpsError('client-erased')` for
 * a client that was erased.
 */
export type ReadRights = (token: string, at: Date) => Promise<JournalRights | undefined>

/** The journal's integer column. */
const maxAnnounced = 1_000

/**
 * Reads the value of a record of `vision-1`. What can never be used is refused, by the error's code; throws retryable
 * errors only.
 */
export async function readRecord(value: Uint8Array, readRights: ReadRights): Promise<ReadRecord> {
  try {
    const { envelope, payload, ingestedAt } = readEnvelope(value)
    const rights = await readRights(envelope.token, ingestedAt)
    if (rights === undefined) return { kind: 'unwanted' }
    const { correlationId, messageId, imageId, token, traceparent, synthetic } = envelope
    if (imageId === '') throw new IpsError('envelope-malformed', 'the record names no image')
    return {
      kind: 'entry',
      entry: {
        ...{ clientId: rights.clientId, correlationId, messageId, imageId },
        ...readVisionContent(payload),
        templates: readTemplates(envelope.attachment),
        announced: Math.min(envelope.announcedImages, maxAnnounced),
        ...{ rights, token, ingestedAt, traceparent, synthetic },
      },
    }
  } catch (error) {
    if (isClientErased(error)) return { kind: 'erased' }
    if (!(error instanceof IpsError) || error.retryable) throw error
    return { kind: 'refused', code: error.code, detail: error.message }
  }
}
