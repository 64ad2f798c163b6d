import { createRandom } from '../../test/workers/faceextract/synthetic-images.ts'

/** Draws by chance, the same for the same seed. */
export interface Draw {
  from<T>(items: readonly [T, ...T[]]): T
  /** A whole number below the limit. */
  upTo(limit: number): number
  digits(count: number): string
  shuffled<T>(items: readonly T[]): T[]
}

/** Creates a source of chance. */
export function createDraw(seed: number): Draw {
  const random = createRandom(seed)
  // The first numbers of seeds that are near are near.
  for (let skipped = 0; skipped < 8; skipped += 1) random()
  const upTo = (limit: number) => Math.floor(random() * limit)
  return {
    from: ([first, ...others]) => [first, ...others][upTo(others.length + 1)] ?? first,
    upTo,
    digits: (count) => Array.from({ length: count }, () => upTo(10)).join(''),
    shuffled: (items) =>
      items
        .map((item) => ({ item, at: random() }))
        .sort((one, other) => one.at - other.at)
        .map(({ item }) => item),
  }
}

type Words = readonly [string, ...string[]]

export const firstNames: Words = ['Katherine', 'Matteo', 'Ingrid', 'José', 'Priya', 'Thomas', 'Zoë']

export const lastNames: Words = [
  'Johnson',
  'Rossi',
  'Lindqvist',
  'García',
  'Sharma',
  'Weber',
  'Novak',
]

export const streets: Words = [
  'Orchard Lane',
  'Mill Road',
  'High Street',
  'Harbour View',
  'Elm Court',
]

export const cities: Words = [
  'Bristol',
  'Rotterdam',
  'Hamburg',
  'Porto',
  'Gdansk',
  'Trondheim',
  'Lyon',
]

export const goods: Words = [
  'Whole milk',
  ...['Rye bread', 'Butter 250 g', 'Tomatoes', 'Coffee beans 500 g', 'Dish soap', 'Green tea'],
  ...['Apples 1 kg', 'Batteries AA', 'Oat flakes', 'Olive oil 0.5 l', 'Paper towels'],
]
