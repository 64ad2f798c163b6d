import type { MistakeLimits } from '../../activities/summary/agreements/join-near-texts.ts'
import { findAgreements } from '../../activities/summary/agreements/find-agreements.ts'
import { editDistance } from '../vision/edit-distance.ts'
import { fields, type Field, type FieldValues } from './rendered-papers.ts'

/** What was read of a paper, and what stands on it. */
export interface ReadPaper {
  readonly lines: readonly { readonly text: string; readonly confidence: number }[]
  readonly values: FieldValues
  readonly fields: readonly Field[]
}

/** Of pairs of papers with a field. */
export interface FieldCounts {
  pairs: number
  /** Pairs of which an agreement says that the field is the same. */
  told: number
}

export type Counts = Readonly<Record<Field, FieldCounts>>

/** Nothing counted yet. */
export function createCounts(): Counts {
  const counts = fields.map((field) => [field, { pairs: 0, told: 0 }])
  return Object.fromEntries(counts) as Counts
}

/** A text further from a field than this is another one: so many of its letters. */
const maxDistance = 0.25

/** Takes two papers for a transaction, and counts the fields in which they are told to agree. */
export async function countAgreements(
  papers: readonly [ReadPaper, ReadPaper],
  limits: MistakeLimits,
  counts: Counts,
): Promise<void> {
  const lines = papers.flatMap((paper, image) =>
    paper.lines.map((line, index) => ({ ...line, imageId: String(image), line: index })),
  )
  const agreements = await findAgreements(lines, { limits })
  const told = agreements.map(({ occurrences }) =>
    papers.map((paper, image) => {
      const texts = occurrences.flatMap(({ imageId, text }) =>
        imageId === String(image) ? [text] : [],
      )
      return new Set(
        paper.fields.filter((field) => texts.some((text) => holds(text, paper.values[field]))),
      )
    }),
  )
  for (const field of fields) {
    if (!papers.every((paper) => paper.fields.includes(field))) continue
    counts[field].pairs += 1
    if (told.some((images) => images.every((of) => of.has(field)))) counts[field].told += 1
  }
}

/** Whether a text that agrees is a field or has it within, whatever OCR has made of it. */
function holds(text: string, field: string): boolean {
  const [read, value] = [fold(text), fold(field)]
  const most = Math.floor(maxDistance * value.length)
  for (let from = 0; from <= Math.max(0, read.length - value.length + most); from += 1) {
    if (editDistance(value, read.slice(from, from + value.length)) <= most) return true
  }
  return false
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()
}
