import { IpsError } from '../../lib/errors/ips-error.ts'

/** A character as it comes out of a recogniser. */
export interface DecodedCharacter {
  readonly text: string
  /** 0 to 1. */
  readonly probability: number
  /** The time step at which it was read first. */
  readonly step: number
}

/** The classes of a recogniser: the blank, the dictionary's entries, and the space. */
export type Alphabet = readonly string[]

/**
 * Reads a dictionary with one entry a line, in the order of the classes. Entries may be white space themselves (an
 * ideographic space), so that lines end at line feeds only. Throws `IpsError('model-unavailable')` where their number does not fit the model.
 */
export function readAlphabet(dictionary: string, classes: number): Alphabet {
  const entries = dictionary.split('\n')
  if (entries.at(-1) === '') entries.pop()
  const alphabet = ['', ...entries, ' ']
  if (alphabet.length !== classes) {
    throw new IpsError(
      'model-unavailable',
      `the dictionary has ${entries.length} entries, the model ${classes} classes`,
    )
  }
  return alphabet
}

/**
 * Reads the most probable class of each time step, drops repetitions and then blanks (class 0). `probabilities` holds
 * one row of `alphabet.length` for each step.
 */
export function decodeCtc(
  probabilities: Float32Array,
  alphabet: Alphabet,
): readonly DecodedCharacter[] {
  const classes = alphabet.length
  const characters: DecodedCharacter[] = []
  let previous = 0
  for (let step = 0; (step + 1) * classes <= probabilities.length; step++) {
    const from = step * classes
    let best = 0
    let highest = probabilities[from] ?? 0
    for (let candidate = 1; candidate < classes; candidate++) {
      const probability = probabilities[from + candidate] ?? 0
      if (probability > highest) {
        best = candidate
        highest = probability
      }
    }
    if (best !== 0 && best !== previous)
      characters.push({ text: alphabet[best] ?? '', probability: highest, step })
    previous = best
  }
  return characters
}
