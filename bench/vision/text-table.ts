import { layOutTable } from './lay-out-table.ts'
import type { TextFigures } from './measure-text.ts'
import type { TextRates } from './rate-text.ts'

const columns = ['words found', 'characters wrong', 'in any order', 'lines exact']

/** The figures as tables for people: by setting, and with the usual one by kind of document and by variation. */
export function textTable({
  images,
  characters,
  settings,
  kinds,
  variations,
}: TextFigures): string {
  const bySetting = settings.map(({ model, detectionSide, minConfidence, ...rates }) => [
    ...[model, String(detectionSide), minConfidence.toFixed(1), ...cellsOf(rates)],
    ...[rates.inventedLines.toFixed(2), rates.cpuMs.toFixed(0)],
  ])
  return [
    `${images} images with ${characters} characters`,
    layOutTable([
      ['models', 'side', 'confidence', ...columns, 'invented lines', 'CPU ms'],
      ...bySetting,
    ]),
    '',
    layOutTable([['document', ...columns], ...rowsOf(kinds)]),
    '',
    layOutTable([['variation', ...columns], ...rowsOf(variations)]),
  ].join('\n')
}

function rowsOf(rates: Readonly<Record<string, TextRates>>): string[][] {
  return Object.entries(rates).map(([name, of]) => [name, ...cellsOf(of)])
}

function cellsOf({ wordRecall, errorRate, unorderedErrorRate, linesExact }: TextRates): string[] {
  return [wordRecall, errorRate, unorderedErrorRate, linesExact].map((part) => part.toFixed(4))
}
