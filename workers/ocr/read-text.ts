import type { InferenceSession } from 'onnxruntime-node'
import type { UprightImage } from '../vision/upright-image.ts'
import type { ImageArea } from './detector-input.ts'
import { detectText } from './detector.ts'
import type { OcrSettings } from './ocr-settings.ts'
import { splitAtWideGaps, type ReadLine } from './read-line.ts'
import { orderLines, type TextColumn } from './reading-order.ts'
import { createRecogniser } from './recogniser.ts'
import type { RotatedRectangle } from './rotated-rectangle.ts'
import { maxRectangles } from './text-rectangles.ts'

/** A gap at least so many times as wide as its line is high separates two lines: cells, not words. */
const wideGapHeights = 1

/** The models of reading. */
export interface OcrModels {
  readonly detector: InferenceSession
  readonly recogniser: InferenceSession
  readonly dictionary: string
}

/**
 * Reads the text of an image, or of its regions one after the other; text in two regions is read with the first. Columns in
 * reading order, none where there is no text of the confidence asked for.
 */
export async function readText(
  image: UprightImage,
  settings: OcrSettings,
  models: OcrModels,
): Promise<readonly TextColumn[]> {
  const recogniser = createRecogniser(models.recogniser, models.dictionary)
  const areas = clippedAreas(image, settings.regions)
  const columns: TextColumn[] = []
  let unread = maxRectangles
  for (const [index, area] of areas.entries()) {
    const found = await detectText(models.detector, image, area, settings.detectionSide)
    const rectangles = found.filter(
      (rectangle) => !areas.slice(0, index).some((earlier) => holds(earlier, rectangle)),
    )
    const lines: ReadLine[] = []
    for (const rectangle of rectangles.slice(0, unread)) {
      lines.push(...splitAtWideGaps(await recogniser.read(image, rectangle), wideGapHeights))
    }
    unread -= Math.min(unread, rectangles.length)
    const isSure = ({ text, confidence }: ReadLine) =>
      text !== '' && confidence >= settings.minConfidence
    columns.push(...selectLines(orderLines(lines.filter(isSure)), isSure))
  }
  return columns
}

/** The columns without some of their lines, and without what is empty then. */
function selectLines(
  columns: readonly TextColumn[],
  isWanted: (line: ReadLine) => boolean,
): readonly TextColumn[] {
  return columns
    .map((column) => column.map((row) => row.filter(isWanted)).filter((row) => row.length > 0))
    .filter((column) => column.length > 0)
}

function clippedAreas(
  { width, height }: UprightImage,
  regions?: readonly ImageArea[],
): readonly ImageArea[] {
  if (regions === undefined) return [{ left: 0, top: 0, width, height }]
  return regions
    .filter(({ left, top }) => left < width && top < height)
    .map(({ left, top, ...size }) => ({
      left,
      top,
      width: Math.min(size.width, width - left),
      height: Math.min(size.height, height - top),
    }))
}

function holds(area: ImageArea, { x, y }: RotatedRectangle): boolean {
  return x >= area.left && x < area.left + area.width && y >= area.top && y < area.top + area.height
}
