import { countText, rateText, type TextCounts, type TextRates } from '../rate-text.ts'
import { addTo } from './count-faces.ts'
import type { Findings } from './read-findings.ts'
import type { ImageLabel } from './read-labels.ts'

/** What was read in the images of a run. */
export interface TextRunFigures {
  readonly imagesWithText: number
  readonly lines: number
  readonly characters: number
  /** Lines by tenths of confidence, the last is the surest. */
  readonly confidences: readonly number[]
  /** Of labelled images. */
  readonly rates?: TextRates & { readonly images: number }
}

/** Takes in images, and says in the end what was read. */
export interface TextCounter {
  add(found: Pick<Findings, 'text' | 'lineConfidences'>, label: ImageLabel | undefined): void
  figures(): TextRunFigures
}

/** Creates a counter of text. */
export function createTextCounter(): TextCounter {
  const counts: TextCounts[] = []
  const confidences = Array.from({ length: 10 }, () => 0)
  let [imagesWithText, lines, characters] = [0, 0, 0]
  return {
    add({ text, lineConfidences }, label) {
      imagesWithText += text.lines.length > 0 ? 1 : 0
      lines += text.lines.length
      characters += Array.from(text.text).length
      for (const confidence of lineConfidences) addTo(confidences, confidence)
      const written = writtenOf(label)
      if (written !== undefined) counts.push(countText(text, written))
    },
    figures: () => ({
      ...{ imagesWithText, lines, characters, confidences },
      ...(counts.length > 0 && { rates: { ...rateText(counts), images: counts.length } }),
    }),
  }
}

/** Where only one of the two is labelled, each line is a row of the text. */
function writtenOf({ text, lines }: Pick<ImageLabel, 'text' | 'lines'> = {}) {
  if (text === undefined && lines === undefined) return undefined
  return { text: text ?? (lines ?? []).join('\n'), lines: lines ?? (text ?? '').split('\n') }
}
