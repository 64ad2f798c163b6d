import type { ReceivedWebhook } from '../../workers/probe/start-receiver.ts'

interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

interface Summary {
  readonly people: readonly { readonly faces: readonly unknown[] }[]
  readonly images: readonly unknown[]
  readonly texts: readonly { readonly imageId: string; readonly text: string }[]
  /** From version 1.1 on. */
  readonly agreements?: readonly {
    readonly text: string
    readonly score: number
    readonly occurrences: readonly { readonly imageId: string }[]
  }[]
}

/** A webhook as one line for a terminal. `file` is the posted file that it is about. */
export function describeWebhook({ type, data }: ReceivedWebhook, file: string): string {
  return `webhook ✓ ${type.padEnd(32)} ${file.padEnd(18)} ${describeData(type, data)}`.trimEnd()
}

/** A summary as lines for a terminal. `files` are the posted files by the ids of their images. */
export function describeSummary(
  { data }: Pick<ReceivedWebhook, 'data'>,
  files: ReadonlyMap<string, string>,
): string[] {
  const summary = data as unknown as Summary
  return [
    '',
    `summary: ${String(data['state'])}, ${summary.images.length} images, ${summary.people.length} people`,
    ...summary.texts.flatMap(({ imageId, text }) => [
      `text of ${files.get(imageId) ?? imageId}:`,
      ...text.split('\n').map((line) => `    ${line}`),
    ]),
    ...describeAgreements(summary.agreements ?? [], files),
    '',
  ]
}

function describeAgreements(
  agreements: NonNullable<Summary['agreements']>,
  files: ReadonlyMap<string, string>,
): string[] {
  if (agreements.length === 0) return []
  return [
    'read alike in several images:',
    ...agreements.map(({ text, score, occurrences }) => {
      const ids = new Set(occurrences.map(({ imageId }) => imageId))
      const where = [...ids].map((imageId) => files.get(imageId) ?? imageId).sort()
      return `    ${text.padEnd(24)} ${score.toFixed(2)} ${where.join(', ')}`
    }),
  ]
}

/** What the data of a message say, in half a line. */
export function describeData(type: string, data: Readonly<Record<string, unknown>>): string {
  switch (type) {
    case 'faceextract.v1m1.ExtractedFace': {
      const box = data['boundingBox'] as Box
      const place = [box.left, box.top, box.width, box.height].map(Math.round).join(' ')
      return `face ${Number(data['index'])}, confidence ${Number(data['confidence']).toFixed(2)}, at ${place}`
    }
    case 'ocr.v1m0.RecognizedText':
      return `${(data['lines'] as unknown[]).length} lines`
    case 'vision.v1m0.ImageProcessed':
      return `${String(data['service'])} ${String(data['version'])} is done, ${Number(data['results'])} results`
    default:
      return ''
  }
}
