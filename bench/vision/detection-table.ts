import { layOutTable } from './lay-out-table.ts'
import type { DetectionFigures } from './measure-detection.ts'
import type { DetectionRates } from './rate-detection.ts'

/**
 * The figures as tables for people: of each way and threshold recall, precision, false positives and overlap; of each kind
 * of scene the recall, or the false positives where no face is in it.
 */
export function detectionTable({ scenes, faces, decodeCpuMs, ways }: DetectionFigures): string {
  const all = Object.entries(ways).flatMap(([way, { rates, cpuMs }]) =>
    rates.map((rate, at) => [
      ...[way, rate.threshold.toFixed(2), rate.recall.toFixed(3), rate.precision.toFixed(3)],
      ...[String(rate.falsePositives), rate.meanOverlap.toFixed(3)],
      at === 0 ? `${cpuMs.mean.toFixed(1)} (${cpuMs.median.toFixed(1)})` : '',
    ]),
  )
  const header = ['way', 'confidence', 'recall', 'precision', 'false', 'overlap', 'CPU ms']
  return [
    `${scenes} scenes with ${faces} faces; decoding one costs ${decodeCpuMs} ms of CPU, looking for faces the mean (median) below`,
    layOutTable([header, ...all]),
    '',
    'recall by kind of scene, false positives where no face is in it:',
    layOutTable(kindRows(ways)),
  ].join('\n')
}

function kindRows(ways: DetectionFigures['ways']): string[][] {
  const kinds = Object.keys(Object.values(ways)[0]?.rates[0]?.kinds ?? {})
  const rows = Object.entries(ways).flatMap(([way, { rates }]) =>
    rates.map((rate) => [
      ...[way, rate.threshold.toFixed(2)],
      ...kinds.map((kind) => kindCell(rate, kind)),
    ]),
  )
  return [['way', 'confidence', ...kinds], ...rows]
}

function kindCell({ kinds }: DetectionRates, kind: string): string {
  const { recall = null, falsePositives = 0 } = kinds[kind] ?? {}
  return recall === null ? `${falsePositives} false` : recall.toFixed(3)
}
