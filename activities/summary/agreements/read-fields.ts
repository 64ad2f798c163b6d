import type { Turns } from '../create-turns.ts'
import type { ReadText } from './join-near-texts.ts'
import { valuesOfLine, type WordRange } from './values-of-line.ts'
import { keyOfWords, keysOfRuns, wordsOfLine, type Word } from './words-of-line.ts'

/** A line of an image. */
export interface ImageLine {
  readonly imageId: string
  /** Its index in the image. */
  readonly line: number
  readonly text: string
  /** Of the reading, 0 to 1. */
  readonly confidence: number
}

/** Some words of a line. */
export interface Place extends WordRange {
  readonly imageId: string
  readonly line: number
  /** As they were read. */
  readonly text: string
  readonly confidence: number
}

/** A text that stands for itself in one line at least, with all places where it stands. */
export interface Field extends ReadText {
  readonly places: readonly Place[]
}

/** Words of a field that is looked for within longer lines. */
const maxWithin = 8

interface LineWithWords extends ImageLine {
  readonly words: readonly Word[]
  readonly values: readonly WordRange[]
}

/** Reads the fields of lines, each of which is there once. A field's places are in the order of the lines. */
export async function readFields(lines: readonly ImageLine[], turns: Turns): Promise<Field[]> {
  const read: LineWithWords[] = []
  const texts = new Map<string, Pick<ReadText, 'numbers' | 'letters'>>()
  for (const line of lines) {
    const words = wordsOfLine(line.text)
    const values = valuesOfLine(line.text, words)
    read.push({ ...line, words, values })
    for (const { from, to } of values) {
      const value = words.slice(from, to)
      const key = keyOfWords(value)
      texts.set(key, betterSplit(texts.get(key), partsOf(value)))
    }
    if (turns.isOver()) await turns.next()
  }
  const places = new Map<string, Place[]>(Array.from(texts.keys(), (key) => [key, []]))
  for (const line of read) {
    for (const [key, range] of rangesOf(line)) places.get(key)?.push(placeOf(line, range))
    if (turns.isOver()) await turns.next()
  }
  return Array.from(texts, ([key, parts]) => toField(key, parts, places.get(key) ?? []))
}

/** Where a field may stand in a line: all runs of some words, and its values, whatever their length. */
function rangesOf({ words, values }: LineWithWords): (readonly [string, WordRange])[] {
  const long = values.filter(({ from, to }) => to - from > maxWithin)
  return [
    ...keysOfRuns(words, maxWithin).flatMap((keys, from) =>
      keys.map((key, at) => [key, { from, to: from + at + 1 }] as const),
    ),
    ...long.map((range) => [keyOfWords(words.slice(range.from, range.to)), range] as const),
  ]
}

function partsOf(words: readonly Word[]): Pick<ReadText, 'numbers' | 'letters'> {
  return {
    numbers: keyOfWords(words.filter(({ isNumber }) => isNumber)),
    letters: words.reduce((sum, { key, isNumber }) => sum + (isNumber ? 0 : key.length), 0),
  }
}

/** Of texts that differ in their spaces only: where no space between a number and a word was lost there are more letters. */
function betterSplit<Parts extends Pick<ReadText, 'numbers' | 'letters'>>(
  one: Parts | undefined,
  other: Parts,
): Parts {
  if (one === undefined || other.letters > one.letters) return other
  return other.letters === one.letters && other.numbers < one.numbers ? other : one
}

function placeOf({ imageId, line, text, confidence, words }: LineWithWords, range: WordRange) {
  const { start = 0 } = words[range.from] ?? {}
  const { end = start } = words[range.to - 1] ?? {}
  return { imageId, line, ...range, text: text.slice(start, end), confidence }
}

function toField(
  key: string,
  parts: Pick<ReadText, 'numbers' | 'letters'>,
  places: readonly Place[],
): Field {
  return {
    key,
    ...parts,
    places,
    images: new Set(places.map(({ imageId }) => imageId)),
    confidence: places.reduce((most, { confidence }) => Math.max(most, confidence), 0),
  }
}
