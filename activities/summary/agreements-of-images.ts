import { create } from '@bufbuild/protobuf'
import {
  AgreementSchema,
  type Agreement,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import { findAgreements } from './agreements/find-agreements.ts'
import type { JournalledLine } from './transaction-record.ts'

/** The lines of one image. */
export interface ImageLines {
  readonly imageId: string
  readonly lines: readonly JournalledLine[]
}

/** What the images agree in, with all that a client needs to draw it. Order within the lists means nothing. */
export async function agreementsOfImages(images: readonly ImageLines[]): Promise<Agreement[]> {
  const known = new Map(images.map(({ imageId, lines }) => [imageId, lines]))
  const agreements = await findAgreements(
    images.flatMap(({ imageId, lines }) => lines.map((line) => ({ ...line, imageId }))),
  )
  return agreements.map(({ text, score, occurrences }) =>
    create(AgreementSchema, {
      ...{ text, score },
      occurrences: occurrences.map((occurrence) => {
        const { confidence = 0, polygon = [] } =
          known.get(occurrence.imageId)?.find(({ line }) => line === occurrence.line) ?? {}
        return { ...occurrence, confidence, polygon: toPoints(polygon) }
      }),
    }),
  )
}

function toPoints(polygon: readonly number[]): { x: number; y: number }[] {
  return Array.from({ length: polygon.length / 2 }, (_, corner) => ({
    x: polygon[2 * corner] ?? 0,
    y: polygon[2 * corner + 1] ?? 0,
  }))
}
