import { anyUnpack, type Any } from '@bufbuild/protobuf/wkt'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { FaceTemplatesSchema } from '../../proto/gen/com/reactivearchitecturecookbook/identity-v1m0_pb.ts'
import type { ImageTemplate } from '../../activities/summary/transaction-record.ts'

/**
 * Reads the templates of faces in an envelope's attachment; none where there is no attachment, or one of another type. Throws
 * `IpsError('payload-unknown')`, not retryable, for damaged bytes.
 */
export function readTemplates(attachment: Any | undefined): ImageTemplate[] {
  if (attachment === undefined) return []
  try {
    const message = anyUnpack(attachment, FaceTemplatesSchema)
    if (message === undefined) return []
    const { maker, templates } = message
    return templates.map(({ index, vector }) => ({ index, maker, vector }))
  } catch (cause) {
    throw new IpsError('payload-unknown', 'the attachment cannot be read', { cause })
  }
}
