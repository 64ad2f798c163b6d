import { createHash } from 'node:crypto'
import { sealContent, type ClientKey } from '../../lib/client-keys/seal-content.ts'
import type { JournalEntry } from './read-record.ts'
import type { SealedColumn } from './sealed-columns.ts'

/** What a batch says of a transaction as a whole. */
export interface TransactionRow {
  readonly client_id: string
  readonly correlation_id: string
  readonly announced: number
  readonly window_start: string
  readonly window_seconds: number
  readonly idle_seconds: number
  /** Sealed with the client's key, as all that is base64 here. */
  readonly sealed_token: string
  /** SHA-256, base64. */
  readonly token_digest: string
  readonly token_ingested_at: string
  readonly traceparent: string
  readonly synthetic: boolean
  readonly identity_threshold: number
  readonly versions: readonly string[]
}

/** What a batch says of an image. */
export interface ImageRow {
  readonly client_id: string
  readonly correlation_id: string
  readonly image_id: string
  readonly expected: readonly string[]
  readonly answered: readonly string[]
}

/** A message's row. */
export interface MessageRow {
  readonly client_id: string
  readonly correlation_id: string
  readonly message_id: string
  readonly image_id: string
  readonly service: string
  readonly version: string
  /** Base64. */
  readonly sealed: string
}

/** What a face is compared by. */
export interface TemplateRow {
  readonly client_id: string
  readonly correlation_id: string
  readonly image_id: string
  readonly face_index: number
  readonly maker: string
  /** Base64. */
  readonly sealed: string
}

/** A batch as rows, each key once, in the order of the keys: concurrent writers take their locks in the same order. */
export interface JournalRows {
  readonly transactions: readonly TransactionRow[]
  readonly images: readonly ImageRow[]
  readonly messages: readonly MessageRow[]
  readonly templates: readonly TemplateRow[]
}

/** Groups the entries of a batch. Their order and copies among them change nothing. */
export function groupEntries(entries: readonly JournalEntry[]): JournalRows {
  return {
    transactions: groupBy(entries, ['clientId', 'correlationId']).map(toTransactionRow),
    images: groupBy(entries, ['clientId', 'correlationId', 'imageId']).map(toImageRow),
    messages: groupBy(entries, ['clientId', 'correlationId', 'messageId']).map(([first]) =>
      toMessageRow(first),
    ),
    templates: groupBy(entries, ['clientId', 'correlationId', 'imageId']).flatMap(toTemplateRows),
  }
}

type Group = readonly [JournalEntry, ...JournalEntry[]]
type KeyName = 'clientId' | 'correlationId' | 'imageId' | 'messageId'

function groupBy(entries: readonly JournalEntry[], key: readonly KeyName[]): Group[] {
  const groups = new Map<string, [JournalEntry, ...JournalEntry[]]>()
  for (const entry of entries) {
    const text = JSON.stringify(key.map((name) => entry[name]))
    const group = groups.get(text)
    if (group === undefined) groups.set(text, [entry])
    else group.push(entry)
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

function toTransactionRow(group: Group): TransactionRow {
  const newest = group.reduce((a, b) => (isNewer(b, a) ? b : a))
  const times = group.map(({ ingestedAt }) => ingestedAt.getTime())
  return {
    client_id: newest.clientId,
    correlation_id: newest.correlationId,
    announced: Math.max(...group.map(({ announced }) => announced)),
    window_start: new Date(Math.min(...times)).toISOString(),
    window_seconds: Math.max(...group.map(({ rights }) => rights.windowSeconds)),
    idle_seconds: Math.max(...group.map(({ rights }) => rights.idleSeconds)),
    sealed_token: seal(newest.rights.key, 'transactions.token', newest.token),
    token_digest: digest(newest.token).toString('base64'),
    token_ingested_at: newest.ingestedAt.toISOString(),
    traceparent: newest.traceparent,
    synthetic: group.some(({ synthetic }) => synthetic),
    // Nobody is told that two faces are one person on less than each of the tokens asks for.
    identity_threshold: Math.max(...group.map(({ rights }) => rights.identityThreshold)),
    versions: [...new Set(group.flatMap(({ rights }) => rights.versions))].sort(),
  }
}

// Tokens that came at the same time are told apart by their digests, so that the order of arrival decides nothing.
function isNewer(a: JournalEntry, b: JournalEntry): boolean {
  const difference = a.ingestedAt.getTime() - b.ingestedAt.getTime()
  if (difference !== 0 || a.token === b.token) return difference > 0
  return Buffer.compare(digest(a.token), digest(b.token)) > 0
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function seal(key: ClientKey, column: SealedColumn, content: string | Uint8Array): string {
  return sealContent(key, column, content).toString('base64')
}

function toImageRow(group: Group): ImageRow {
  const [{ clientId, correlationId, imageId }] = group
  const answered = group
    .filter(({ content }) => content.kind === 'terminal')
    .map(({ service, version }) => `${service}/${version}`)
  return {
    client_id: clientId,
    correlation_id: correlationId,
    image_id: imageId,
    expected: [...new Set(group.flatMap(({ rights }) => rights.expected))],
    answered: [...new Set(answered)],
  }
}

function toMessageRow(entry: JournalEntry): MessageRow {
  return {
    client_id: entry.clientId,
    correlation_id: entry.correlationId,
    message_id: entry.messageId,
    image_id: entry.imageId,
    service: entry.service,
    version: entry.version,
    sealed: seal(entry.rights.key, 'messages.content', JSON.stringify(entry.content)),
  }
}

/** Each version's terminal message brings the same templates of the faces that it told of. */
function toTemplateRows(group: Group): TemplateRow[] {
  const [{ clientId, correlationId, imageId, rights }] = group
  const templates = new Map(
    group.flatMap((entry) => entry.templates).map((template) => [template.index, template]),
  )
  return [...templates.values()]
    .sort((a, b) => a.index - b.index)
    .map(({ index, maker, vector }) => ({
      client_id: clientId,
      correlation_id: correlationId,
      image_id: imageId,
      face_index: index,
      maker,
      sealed: seal(rights.key, 'face_templates.vector', vector),
    }))
}
