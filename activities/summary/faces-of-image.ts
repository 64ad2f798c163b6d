import { visionMessageIdOf } from '../../lib/envelope/message-ids.ts'
import { compareVersions } from './compare-versions.ts'
import type { Box, JournalledMessage } from './transaction-record.ts'

/** A face of an image, once, whichever versions it came in. */
export interface ImageFace {
  readonly imageId: string
  readonly index: number
  readonly boundingBox?: Box
}

/**
 * The faces of one image, by index. Several versions say the same faces again, most certain first, so that equal indexes
 * are equal faces; one version may say more of them, since its claim asks for less confidence. The newest version that
 * knows a face's place tells it.
 */
export function facesOfImage(imageId: string, messages: readonly JournalledMessage[]): ImageFace[] {
  const faces = new Map<number, ImageFace>()
  const oldestFirst = messages.toSorted((a, b) => compareVersions(a.version, b.version))
  for (const message of oldestFirst) {
    if (message.content.kind !== 'faces') continue
    for (const { index = ordinalOf(message), boundingBox } of message.content.faces) {
      if (boundingBox !== undefined) faces.set(index, { imageId, index, boundingBox })
      else if (!faces.has(index)) faces.set(index, { imageId, index })
    }
  }
  return [...faces.values()].sort((a, b) => a.index - b.index)
}

/** No claim allows more faces of one image than this. */
const maxOrdinal = 1_000

/** A message of version 1.0 says its index nowhere but in its id, which is derived from it. */
function ordinalOf({ messageId, imageId, service, version }: JournalledMessage): number {
  for (let ordinal = 0; ordinal < maxOrdinal; ordinal += 1) {
    if (visionMessageIdOf({ imageId, service, version, ordinal }) === messageId) return ordinal
  }
  return maxOrdinal
}
