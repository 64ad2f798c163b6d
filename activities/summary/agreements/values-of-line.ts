import { labelWords } from './label-words.ts'
import type { Word } from './words-of-line.ts'

/** Some words of a line, side by side. */
export interface WordRange {
  readonly from: number
  /** Behind the last. */
  readonly to: number
}

/** Letters and digits, but for those of labels: less is found anywhere by chance. */
const minSignificance = 4
/** A number of so many digits stands for itself wherever it is; a shorter one only where nothing but labels is beside it. */
const minStandingDigits = 5
/** Longer is no label but a sentence with a colon in it. */
const maxLabelWords = 5

/**
 * The parts of a line that may be fields: what stands behind a label and its colon, or all of it; of words that are but labels
 * round a number the number alone; and long numbers wherever they are. Nothing where the line says too little.
 */
export function valuesOfLine(text: string, words: readonly Word[]): WordRange[] {
  const whole = { from: wordsOfLabel(text, words), to: words.length }
  const numbers = numbersOf(words)
  const isLabelled = words
    .slice(whole.from)
    .every(({ key, isNumber }) => isNumber || labelWords.has(key))
  const inWhole = numbers.filter(({ from }) => from >= whole.from)
  const fields =
    isLabelled && inWhole.length === 1
      ? inWhole
      : [whole, ...numbers.filter(({ from, to }) => digitsOf(words, from, to) >= minStandingDigits)]
  return fields.filter(({ from, to }) => isSignificant(words.slice(from, to)))
}

/** How many words are the line's label: those before its first colon that is not inside a number. */
function wordsOfLabel(text: string, words: readonly Word[]): number {
  const colon = text.search(/(?<!\d\s?)[:：]|[:：](?!\s?\d)/u)
  if (colon < 0) return 0
  const count = words.filter(({ end }) => end <= colon).length
  return count <= maxLabelWords ? count : 0
}

/** Runs of words with digits. */
function numbersOf(words: readonly Word[]): WordRange[] {
  const runs: { from: number; to: number }[] = []
  for (const [at, { isNumber }] of words.entries()) {
    if (!isNumber) continue
    const last = runs.at(-1)
    if (last?.to === at) last.to = at + 1
    else runs.push({ from: at, to: at + 1 })
  }
  return runs
}

function isSignificant(words: readonly Word[]): boolean {
  if (words.length === 1 && /^(?:19|20)\d\d$/.test(words[0]?.key ?? '')) return false
  let significance = 0
  for (const { key } of words) {
    if (!labelWords.has(key)) significance += significanceOf(key)
  }
  return significance >= minSignificance
}

/** A sign that stands for a syllable or a word says as much as two letters. */
function significanceOf(key: string): number {
  const signs = key.match(/[\p{L}\p{N}]/gu) ?? []
  const whole = key.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/gu) ?? []
  return signs.length + whole.length
}

function digitsOf(words: readonly Word[], from: number, to: number): number {
  return words
    .slice(from, to)
    .reduce((sum, { key }) => sum + (key.match(/\p{N}/gu)?.length ?? 0), 0)
}
