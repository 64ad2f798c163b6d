import { visionMessageIdOf } from '../../lib/envelope/message-ids.ts'
import { compareVersions } from './compare-versions.ts'
import type { Box, FaceKey, JournalledFace, JournalledMessage } from './transaction-record.ts'

/** A face of an image, once, whichever versions it came in. */
export interface ImageFace extends FaceKey {
  readonly boundingBox?: Box
}

/**
 * The faces of one image, by index. Several versions say the same faces again, most certain first, so that equal indexes
 * are equal faces; one version may say more of them, since its claim asks for less confidence. The newest version that
 * knows a face's place tells it.
 */
export function facesOfImage(imageId: string, messages: readonly JournalledMessage[]): ImageFace[] {
  const faces = new Map<number, ImageFace>()
  const ordinals = ordinalsOf(messages)
  const oldestFirst = messages.toSorted((a, b) => compareVersions(a.version, b.version))
  for (const { messageId, content } of oldestFirst) {
    if (content.kind !== 'faces') continue
    for (const { index = ordinals.get(messageId), boundingBox } of content.faces) {
      if (index === undefined) continue
      if (boundingBox !== undefined) faces.set(index, { imageId, index, boundingBox })
      else if (!faces.has(index)) faces.set(index, { imageId, index })
    }
  }
  return [...faces.values()].sort((a, b) => a.index - b.index)
}

/** Far above the faces of any image: the search for an id that nobody made must end. */
const maxOrdinal = 10_000

/** A message of version 1.0 says its index nowhere but in its id, which is derived from it. */
function ordinalsOf(messages: readonly JournalledMessage[]): Map<string, number> {
  const ordinals = new Map<string, number>()
  const wanted = new Map(
    messages
      .filter(({ content }) => content.kind === 'faces' && content.faces.some(lacksIndex))
      .map((message) => [message.messageId, message]),
  )
  for (let ordinal = 0; wanted.size > 0 && ordinal < maxOrdinal; ordinal += 1) {
    for (const { imageId, service, version } of distinctSources(wanted.values())) {
      const messageId = visionMessageIdOf({ imageId, service, version, ordinal })
      if (wanted.delete(messageId)) ordinals.set(messageId, ordinal)
    }
  }
  return ordinals
}

function lacksIndex({ index }: JournalledFace): boolean {
  return index === undefined
}

/** One message of each service and version. */
function distinctSources(messages: Iterable<JournalledMessage>): Iterable<JournalledMessage> {
  const sources = new Map<string, JournalledMessage>()
  for (const message of messages) sources.set(`${message.service}/${message.version}`, message)
  return sources.values()
}
