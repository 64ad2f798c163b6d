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
  const lines = images.flatMap(({ imageId, lines: of }) => of.map((line) => ({ ...line, imageId })))
  const known = new Map(lines.map((line) => [keyOf(line), line]))
  const agreements = await findAgreements(lines)
  return agreements.map(({ text, score, occurrences }) =>
    create(AgreementSchema, {
      ...{ text, score },
      occurrences: occurrences.map((occurrence) => {
        const { confidence = 0, polygon = [] } = known.get(keyOf(occurrence)) ?? {}
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

function keyOf({ imageId, line }: { readonly imageId: string; readonly line: number }): string {
  return `${imageId} ${line}`
}
