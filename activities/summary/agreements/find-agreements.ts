import { createTurns, type Turns } from '../create-turns.ts'
import { joinNearTexts, type MistakeLimits, type TextGroup } from './join-near-texts.ts'
import { leaveOutCovered } from './leave-out-covered.ts'
import { readFields, type Field, type ImageLine, type Place } from './read-fields.ts'

/** What was read in several images. */
export interface Agreement {
  /** As it was read most often. */
  readonly text: string
  /** The lowest similarity of its occurrences. */
  readonly score: number
  /** In the order of images and lines. */
  readonly occurrences: readonly Occurrence[]
}

/** Where it stands: in which words of which line. */
export interface Occurrence {
  readonly imageId: string
  readonly line: number
  readonly text: string
  /** 1 less the share of letters that differ from the agreement's text. */
  readonly similarity: number
}

/** Lines that are compared, the first of each image before the second of any. */
const maxLines = 8_192
/** Of all agreements together: more than a person looks at, and a megabyte. */
const maxOccurrences = 4_096

/**
 * Finds what was read in several images: fields that are the same but for case, accents, spaces and punctuation, or of which so
 * few letters differ that OCR may have mistaken them, where it was not sure; numbers must be the same. A field is found within a longer line of another
 * image too, as whole words. An agreement is never in one image alone, and no words are in two agreements, though a part of
 * them may be in another one. Pure, and the same whatever the order and the copies of the lines. What is in most images
 * comes first. What takes long is done in turns with everything else in the process.
 */
export async function findAgreements(
  lines: readonly ImageLine[],
  options: { readonly turns?: Turns; readonly limits?: MistakeLimits } = {},
): Promise<Agreement[]> {
  const { turns = createTurns(), limits } = options
  const fields = (await readFields(chooseLines(lines), turns)).sort(bestReadFirst)
  const groups = (await joinNearTexts(fields, turns, limits))
    .map(toGroup)
    .filter(({ images }) => images > 1)
  const agreements: Agreement[] = []
  let occurrences = 0
  for (const { text, score, places } of leaveOutCovered(groups).sort(strongestFirst)) {
    occurrences += places.length
    if (occurrences > maxOccurrences) break
    agreements.push({ text, score, occurrences: places.map(toOccurrence) })
  }
  return agreements
}

/** Each line once, by image. */
function chooseLines(lines: readonly ImageLine[]): ImageLine[] {
  const byIndex = Map.groupBy(lines, ({ line }) => line)
  const chosen: ImageLine[] = []
  for (const index of [...byIndex.keys()].sort((a, b) => a - b)) {
    const ofImages = new Map(
      byIndex
        .get(index)
        ?.sort((a, b) => compareText(a.imageId, b.imageId) || compareText(a.text, b.text))
        .map((line) => [line.imageId, line]),
    )
    chosen.push(...ofImages.values())
    if (chosen.length >= maxLines) break
  }
  return chosen.slice(0, maxLines).sort(byImage)
}

interface Group {
  readonly key: string
  readonly text: string
  readonly score: number
  readonly images: number
  readonly places: readonly (Place & { readonly similarity: number })[]
}

function toGroup(group: TextGroup<Field>): Group {
  const [{ text: head }] = group
  const places = group
    .flatMap(({ text, similarity }) => text.places.map((place) => ({ ...place, similarity })))
    .sort((a, b) => byImage(a, b) || a.from - b.from || a.to - b.to)
  return {
    key: head.key,
    text: usualText(head.places),
    score: Math.min(...group.map(({ similarity }) => similarity)),
    images: new Set(places.map(({ imageId }) => imageId)).size,
    places,
  }
}

/** As it was read most often; of equal ones the longest, since OCR loses more spaces than it finds. */
function usualText(places: readonly Place[]): string {
  const [usual] = [...Map.groupBy(places, ({ text }) => text).entries()].sort(
    ([a, one], [b, other]) => other.length - one.length || b.length - a.length || compareText(a, b),
  )
  return usual?.[0] ?? ''
}

function toOccurrence({ imageId, line, text, similarity }: Group['places'][number]): Occurrence {
  return { imageId, line, text, similarity }
}

function bestReadFirst(a: Field, b: Field): number {
  return b.images.size - a.images.size || b.confidence - a.confidence || compareText(a.key, b.key)
}

function strongestFirst(a: Group, b: Group): number {
  return b.images - a.images || b.key.length - a.key.length || compareText(a.key, b.key)
}

type LineKey = Pick<ImageLine, 'imageId' | 'line'>

function byImage(a: LineKey, b: LineKey): number {
  return compareText(a.imageId, b.imageId) || a.line - b.line
}

// By code unit: the order must not depend on a machine's locale.
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
