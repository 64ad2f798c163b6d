import { openContent, type ClientKey } from '../../lib/client-keys/seal-content.ts'

/** Columns whose content is sealed with the key of the row's client: what a sealing is bound to. Never changed. */
export type SealedColumn =
  'transactions.token' | 'messages.content' | 'face_templates.vector' | 'summaries.value'

/** Such a column in a row; `plain` is what a row from before columns were sealed has. */
export interface StoredColumn {
  readonly sealed: Buffer | null
  readonly plain: Buffer | null
}

/**
 * What a column holds: decrypted; or as it is, in a row from before columns were sealed. `undefined` where there is nothing.
 * Throws as `openContent` does.
 */
export function openColumn(
  key: ClientKey,
  column: SealedColumn,
  { sealed, plain }: StoredColumn,
): Buffer | undefined {
  return sealed === null ? (plain ?? undefined) : openContent(key, column, sealed)
}
