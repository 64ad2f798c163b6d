/** A word of a line: letters and digits that belong together. */
export interface Word {
  /** What it is compared by: without case and accents, and with one mark for all that stand inside numbers. */
  readonly key: string
  /** It holds a digit. Numbers must agree exactly. */
  readonly isNumber: boolean
  /** Its place in the line, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/**
 * Dates in figures are one word whatever the marks between their parts; so are numbers with points or commas. All other marks
 * part words.
 */
const wordFormat =
  /(?<![\p{L}\p{N}])\d{1,4}([./-])\d{1,2}\1\d{2,4}(?![\p{L}\p{N}])|[\p{L}\p{M}\p{N}]+(?:(?<=\d)[.,](?=\d)[\p{L}\p{M}\p{N}]+)*/gu

/** Between letters and a long number, which is one without them too: OCR takes a bar code's edge for a letter. */
const longNumberEdge = /(?<=\p{L}\p{M}*)(?=\d{8})|(?<=\d{8})(?=\p{L})/u

/** The words of a line, in their order. */
export function wordsOfLine(text: string): Word[] {
  const words: Word[] = []
  for (const { 0: whole, index } of text.matchAll(wordFormat)) {
    let start = index
    for (const part of whole.split(longNumberEdge)) {
      const key = foldWord(part)
      const end = start + part.length
      if (key !== '') words.push({ key, isNumber: /\p{N}/u.test(key), start, end })
      start = end
    }
  }
  return words
}

/** Upper case first: it makes two letters of ß, as OCR may. */
function foldWord(word: string): string {
  return word
    .normalize('NFKD')
    .replaceAll(/[.,/-]/g, '.')
    .replaceAll(/[^\p{L}\p{N}.]/gu, '')
    .toUpperCase()
    .toLowerCase()
}

/** Groups of two digits and more that are one number of at least eight together: telephone, parcel and account numbers. */
const groupedNumber = /(?<![\d.])\d{2,}(?: \d{2,})+(?![\d.])/g
const minGroupedDigits = 8

/**
 * What a run of words is compared by: their keys without the spaces between them, which OCR loses and finds. Only between
 * two digits a space counts, since `12 5` is not `125`; not in a long number in groups.
 */
export function keyOfWords(words: readonly Word[]): string {
  return joinGroups(words.reduce(appendWord, ''))
}

/** The keys of the runs of words from each one on: of one word, of two, up to `maxWords` and to the end. */
export function keysOfRuns(words: readonly Word[], maxWords: number): string[][] {
  return words.map((_, from) => {
    let key = ''
    return words.slice(from, from + maxWords).map((word) => {
      key = appendWord(key, word)
      return joinGroups(key)
    })
  })
}

function appendWord(key: string, word: Word): string {
  const isBetweenDigits = word.isNumber && /\p{N}$/u.test(key) && /^\p{N}/u.test(word.key)
  return isBetweenDigits ? `${key} ${word.key}` : key + word.key
}

function joinGroups(key: string): string {
  if (!key.includes(' ')) return key
  return key.replaceAll(groupedNumber, (groups) => {
    const digits = groups.replaceAll(' ', '')
    return digits.length < minGroupedDigits ? groups : digits
  })
}
