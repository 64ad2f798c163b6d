import type { Turns } from '../create-turns.ts'
import type { ReadText } from './join-near-texts.ts'
import { valuesOfLine, type WordRange } from './values-of-line.ts'
import { keyOfWords, wordsOfLine, type Word } from './words-of-line.ts'

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
  /** The highest of its places. */
  readonly confidence: number
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
  const read = lines.map((line): LineWithWords => {
    const words = wordsOfLine(line.text)
    return { ...line, words, values: valuesOfLine(line.text, words) }
  })
  const texts = new Map<string, Pick<ReadText, 'numbers' | 'letters'>>()
  for (const { words, values } of read) {
    for (const { from, to } of values) {
      const value = words.slice(from, to)
      const key = keyOfWords(value)
      texts.set(key, betterSplit(texts.get(key), partsOf(value)))
    }
  }
  const places = new Map<string, Place[]>(Array.from(texts.keys(), (key) => [key, []]))
  for (const line of read) {
    for (const range of rangesOf(line)) {
      places.get(keyOfWords(line.words.slice(range.from, range.to)))?.push(placeOf(line, range))
    }
    if (turns.isOver()) await turns.next()
  }
  return Array.from(texts, ([key, parts]) => toField(key, parts, places.get(key) ?? []))
}

/** Where a field may stand in a line: all runs of some words, and its values, whatever their length. */
function rangesOf({ words, values }: LineWithWords): WordRange[] {
  const ranges = values.filter(({ from, to }) => to - from > maxWithin)
  for (let from = 0; from < words.length; from += 1) {
    for (let to = from + 1; to <= Math.min(words.length, from + maxWithin); to += 1)
      ranges.push({ from, to })
  }
  return ranges
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
