import type { IdentityFigures } from './measure-identity.ts'

const columns = [
  ...['way', 'threshold', 'one photo', 'two photos', 'false'],
  ...['mild: exact', 'joined', 'all: exact', 'joined'],
]

/**
 * The figures as a table for people: of pairs the parts taken for one person, of transactions those grouped wholly right, and
 * those with two people in one.
 */
export function identityTable({ faces, pairs, cost, ...figures }: IdentityFigures): string {
  const rows = Object.entries(figures.ways).flatMap(([way, { pairs: rates, mild, all }]) =>
    rates.map(({ threshold, samePhoto, otherPhoto, falsePositive }, at) => {
      const parts = [
        ...[samePhoto, otherPhoto, falsePositive],
        ...[mild[at]?.exact, mild[at]?.wronglyJoined, all[at]?.exact, all[at]?.wronglyJoined],
      ]
      return [way, threshold.toFixed(2), ...parts.map((part = 0) => part.toFixed(4))]
    }),
  )
  const lines = [columns, ...rows].map((cells) => cells.map((cell) => cell.padStart(11)).join(' '))
  return [
    `${faces.found} of ${faces.shown} faces found; pairs: ${pairs.samePhoto} of one photo, ${pairs.otherPhoto} of two photos, ${pairs.different} of two people`,
    `${figures.transactions} transactions of each kind; packing changes a cosine by ${figures.packingError} at most`,
    `a face: ${cost.alignMs} ms to align, ${cost.embedMs} ms for each of two runs of the recogniser`,
    ...lines,
  ].join('\n')
}
