import type { ClientKey } from '../../../lib/client-keys/seal-content.ts'
import type { PackedMessage } from './pack-block.ts'

/** A message for the stream of the client whose key it has. */
export interface NewMessage extends PackedMessage {
  readonly key: ClientKey
  readonly messageId: string
}
