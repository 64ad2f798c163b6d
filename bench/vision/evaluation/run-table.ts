import { layOutTable } from '../lay-out-table.ts'
import type { FaceFigures } from './count-faces.ts'
import type { TextRunFigures } from './count-text.ts'
import type { RunFigures } from './summarise-run.ts'

/** The figures of a run as tables for people. */
export function runTable(figures: RunFigures): string {
  const { images, labelled, inventory, used, failures, cpuMs, faces, text } = figures
  const endings = Object.entries(inventory.endings).map(([ending, count]) => `${count} ${ending}`)
  return [
    `${images} images (${endings.join(', ')}), ${labelled} labelled, ${inventory.bytes} bytes, ${inventory.medianPixels} pixels the median one`,
    ...used.map(
      ({ service, version, executionProvider, models, images: count }) =>
        `${service} ${version} on ${executionProvider}, ${count} images: ${models.map(({ name, sha256 }) => `${name} ${sha256.slice(0, 12)}`).join(', ')}`,
    ),
    ...Object.entries(failures).map(([reason, count]) => `failed: ${count} ${reason}`),
    layOutTable([
      ['CPU ms of an image', 'median', 'mean'],
      ...Object.entries(cpuMs).map(([name, cost]) => [
        name,
        String(cost.median),
        cost.mean.toFixed(1),
      ]),
    ]),
    ...(faces === undefined ? [] : faceLines(faces)),
    ...(text === undefined ? [] : textLines(text)),
  ].join('\n')
}

function faceLines({ faces, imagesWithFaces, ...figures }: FaceFigures): string[] {
  const { confidences, rates, recallByHeight, people } = figures
  return [
    '',
    `${faces} faces in ${imagesWithFaces} images; by confidence: ${tenths(confidences)}`,
    ...(rates === undefined
      ? []
      : [
          layOutTable([
            ['confidence', 'recall', 'precision', 'false', 'overlap'],
            ...rates.map((rate) => [
              ...[rate.threshold.toFixed(2), rate.recall.toFixed(4), rate.precision.toFixed(4)],
              ...[String(rate.falsePositives), rate.meanOverlap.toFixed(3)],
            ]),
          ]),
          layOutTable([
            ['height of the face', 'faces', 'recall'],
            ...Object.entries(recallByHeight ?? {}).map(([name, of]) => [
              ...[name, String(of.faces), of.recall.toFixed(4)],
            ]),
          ]),
        ]),
    ...(people === undefined
      ? []
      : [
          `pairs of faces: ${people.pairs.same} of one person, ${people.pairs.different} of two, ${people.leftOut} faces left out`,
          layOutTable([
            ['threshold', 'one person', 'two people'],
            ...people.thresholds.map((rate) => [
              ...[rate.threshold.toFixed(2), rate.truePositive.toFixed(4)],
              rate.falsePositive.toFixed(4),
            ]),
          ]),
        ]),
  ]
}

function textLines({ imagesWithText, lines, characters, confidences, rates }: TextRunFigures) {
  return [
    '',
    `${lines} lines with ${characters} characters in ${imagesWithText} images; by confidence: ${tenths(confidences)}`,
    ...(rates === undefined
      ? []
      : [
          layOutTable([
            ['labelled', 'words found', 'characters wrong', 'in any order', 'lines exact'],
            [
              ...[String(rates.images), rates.wordRecall.toFixed(4), rates.errorRate.toFixed(4)],
              ...[rates.unorderedErrorRate.toFixed(4), rates.linesExact.toFixed(4)],
            ],
          ]),
        ]),
  ]
}

function tenths(counts: readonly number[]): string {
  return counts
    .map((count, at) => (count === 0 ? '' : `${(at / 10).toFixed(1)}+: ${count}`))
    .filter((part) => part !== '')
    .join(', ')
}
