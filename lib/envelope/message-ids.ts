import { createHash } from 'node:crypto'

/** Hex digits of an id: 128 bits of SHA-256. */
const idLength = 32

/** The id of an image: the same for the same client, transaction and bytes. */
export function imageIdOf(image: {
  clientId: string
  correlationId: string
  content: Uint8Array
}): string {
  const content = createHash('sha256').update(image.content).digest('hex')
  return digest(['image', image.clientId, image.correlationId, content])
}

/** The id of the message with which ingestion passes an image on. */
export function ingestMessageIdOf(imageId: string): string {
  return digest(['ingest', imageId])
}

/** The id of a vision message; results have the ordinals from 0, the terminal message is `terminal`. */
export function visionMessageIdOf(message: {
  imageId: string
  service: string
  version: string
  ordinal: number | 'terminal'
}): string {
  return digest([
    'vision',
    message.imageId,
    message.service,
    message.version,
    String(message.ordinal),
  ])
}

/** The id of a summary: one for each revision of a transaction, in each version. */
export function summaryMessageIdOf(summary: {
  clientId: string
  correlationId: string
  revision: number
  version: string
}): string {
  const { clientId, correlationId, revision, version } = summary
  const parts = ['summary', clientId, correlationId, String(revision)]
  // The first version's ids are older than the others, and must stay what they are.
  return digest(version === '1.0' ? parts : [...parts, version])
}

// Each part is preceded by its length: no two lists of parts give the same text.
function digest(parts: readonly string[]): string {
  const text = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('')
  return createHash('sha256').update(text).digest('hex').slice(0, idLength)
}
