import type { Turns } from '../create-turns.ts'
import { editDistance } from './edit-distance.ts'
import { differAtLeast, letterPairsOf, type LetterPairs } from './letter-pairs.ts'

/** A text that was read in some images, all in the same way. */
export interface ReadText {
  /** What it is compared by. */
  readonly key: string
  /** Its words with digits, which must agree exactly. */
  readonly numbers: string
  /** How many letters its other words have. */
  readonly letters: number
  readonly images: ReadonlySet<string>
  /** Of its surest reading, 0 to 1. */
  readonly confidence: number
}

/** A text that is another one, read in another way. */
export interface NearText<Text extends ReadText> {
  readonly text: Text
  readonly similarity: number
}

/** Texts that are one, the best reading first, with the similarity 1. */
export type TextGroup<Text extends ReadText> = readonly [NearText<Text>, ...NearText<Text>[]]

/** What is taken for a mistake of reading. ADR 18 says what that finds, and what it takes for one that is none. */
export interface MistakeLimits {
  /** For so many letters one may differ. */
  readonly lettersPerMistake: number
  /** One of two readings must be less sure than this: what was read so surely is what is there. */
  readonly sureConfidence: number
}

export const usualLimits: MistakeLimits = { lettersPerMistake: 10, sureConfidence: 0.95 }

/** Texts that are compared with each other, the best readings: eight million pairs. */
const maxCompared = 4_096
/** What is longer is no field but a sentence, which agrees in all its letters or not at all. */
const maxLength = 64
/** A text may take the place of one that another has taken; so many are tried. */
const maxNeighbours = 4

/**
 * Joins each text that was read in one image only to the most similar one of other images, of equal ones to the first.
 * `texts` are in order, the best readings first. Texts that were read in several images stand for themselves. No group has
 * two readings of one image.
 */
export async function joinNearTexts<Text extends ReadText>(
  texts: readonly Text[],
  turns: Turns,
  limits = usualLimits,
): Promise<TextGroup<Text>[]> {
  const joined = new Map<number, [NearText<Text>, ...NearText<Text>[]]>()
  const members = new Set<number>()
  for (const { better, worse, similarity } of await findNeighbours(texts, turns, limits)) {
    const [head, text] = [texts[better], texts[worse]]
    if (head === undefined || text === undefined) continue
    if (members.has(better) || members.has(worse) || joined.has(worse)) continue
    const group = joined.get(better) ?? [{ text: head, similarity: 1 }]
    if (group.some((other) => !other.text.images.isDisjointFrom(text.images))) continue
    group.push({ text, similarity })
    joined.set(better, group)
    members.add(worse)
  }
  return texts.flatMap((text, at) =>
    members.has(at) ? [] : [joined.get(at) ?? [{ text, similarity: 1 }]],
  )
}

interface Neighbours {
  readonly better: number
  readonly worse: number
  readonly similarity: number
}

/** Pairs of similar texts, the most similar first. */
async function findNeighbours(
  texts: readonly ReadText[],
  turns: Turns,
  limits: MistakeLimits,
): Promise<Neighbours[]> {
  const pairs: Neighbours[] = []
  for (const group of comparableTexts(texts, limits)) {
    for (const [place, one] of group.entries()) {
      if (turns.isOver()) await turns.next()
      if (one.images.size > 1) continue
      const near: Neighbours[] = []
      for (let at = 0; at < place; at += 1) {
        const other = group[at]
        if (other === undefined) continue
        const similarity = similarityOf(one, other, limits)
        if (similarity !== undefined) near.push({ better: other.at, worse: one.at, similarity })
      }
      pairs.push(...near.sort(mostSimilarFirst).slice(0, maxNeighbours))
    }
  }
  return pairs.sort(mostSimilarFirst)
}

interface ComparedText extends ReadText {
  /** Its place among all. */
  readonly at: number
  readonly pairs: LetterPairs
}

/** Texts whose numbers are the same, and that are long enough for a mistake and short enough for a field. */
function comparableTexts(
  texts: readonly ReadText[],
  { lettersPerMistake }: MistakeLimits,
): Iterable<readonly ComparedText[]> {
  const compared = texts
    .map((text, at) => ({ ...text, at }))
    .filter(({ letters, key }) => letters >= lettersPerMistake && key.length <= maxLength)
    .slice(0, maxCompared)
    .map((text) => ({ ...text, pairs: letterPairsOf(text.key) }))
  return Map.groupBy(compared, ({ numbers }) => numbers).values()
}

function similarityOf(
  one: ComparedText,
  other: ComparedText,
  { lettersPerMistake, sureConfidence }: MistakeLimits,
): number | undefined {
  if (Math.min(one.confidence, other.confidence) >= sureConfidence) return undefined
  const letters = Math.max(one.letters, other.letters)
  const limit = Math.floor(letters / lettersPerMistake)
  if (Math.abs(one.key.length - other.key.length) > limit) return undefined
  if (differAtLeast(one.pairs, other.pairs) > limit) return undefined
  const distance = editDistance(one.key, other.key, limit)
  if (distance === undefined || !one.images.isDisjointFrom(other.images)) return undefined
  return 1 - distance / letters
}

function mostSimilarFirst(one: Neighbours, other: Neighbours): number {
  return other.similarity - one.similarity || one.better - other.better || one.worse - other.worse
}
