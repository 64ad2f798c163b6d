import { heightOf, median, widthOf, type LevelBox } from './level-box.ts'

// Measured on rendered pages, receipts, forms and tables: prose and cells lie far apart in these.
/** Fewer lines prove nothing. */
const minLines = 3
/** The median line is at least so many times as wide as high: about a dozen characters. */
const minLineAspect = 6
/** A line that reaches this share of the column's width fills it. */
const filledShare = 0.7
/** So many lines fill the column, where letters have no case to tell. */
const minFilled = 0.6
/** So many lines fill the column, where most lines go on in the middle of a sentence. */
const minFilledFlowing = 0.4
/** So many of the lines that begin with a letter begin with a small one. English prose: 0.8; German, with its capital nouns: 0.6. */
const minFlowing = 0.4
/** More digits than this among the letters and digits are a column of numbers. */
const maxDigits = 0.5

/**
 * Whether lines one below the other are running text, and not the cells of a table, labels or prices: they fill their
 * column's width, and most of them go on in the middle of a sentence, with a small letter.
 */
export function looksLikeProse(lines: readonly LevelBox[]): boolean {
  if (lines.length < minLines || isNarrow(lines, minLineAspect) || looksNumeric(lines)) return false
  const columnWidth =
    Math.max(...lines.map(({ right }) => right)) - Math.min(...lines.map(({ left }) => left))
  const filled =
    lines.filter((line) => widthOf(line) >= filledShare * columnWidth).length / lines.length
  const flowing = shareOfSmallBeginnings(lines)
  if (flowing === undefined) return filled >= minFilled
  return flowing >= minFlowing && filled >= minFilledFlowing
}

/** Whether the median line is less than `aspect` times as wide as high. */
export function isNarrow(lines: readonly LevelBox[], aspect: number): boolean {
  return median(lines.map((line) => widthOf(line) / Math.max(1e-6, heightOf(line)))) < aspect
}

/** Whether the lines hold more digits than letters. */
export function looksNumeric(lines: readonly LevelBox[]): boolean {
  const text = lines.map(({ line }) => line.text).join('')
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  return digits > maxDigits * (digits + letters)
}

/** Of the lines that begin with a letter of either case; undefined where fewer than three lines tell. */
function shareOfSmallBeginnings(lines: readonly LevelBox[]): number | undefined {
  let [small, large] = [0, 0]
  for (const { line } of lines) {
    // A line in capitals from its beginning to its end does not tell.
    if (!/\p{Ll}/u.test(line.text)) continue
    if (/^\P{L}*\p{Ll}/u.test(line.text)) small++
    else if (/^\P{L}*\p{Lu}/u.test(line.text)) large++
  }
  return small + large < minLines ? undefined : small / (small + large)
}
