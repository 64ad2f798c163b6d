import type { InferenceSession } from 'onnxruntime-node'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { UprightImage } from '../vision/upright-image.ts'
import { detectText } from './detector.ts'
import { areaHolds, clipAreas, cropImage, type ImageArea } from './image-area.ts'
import { lineWidths } from './line-crop.ts'
import type { OcrSettings } from './ocr-settings.ts'
import { splitAtWideGaps, type ReadLine } from './read-line.ts'
import { orderLines, type TextColumn } from './reading-order.ts'
import { createRecogniser, type Recogniser } from './recogniser.ts'
import type { RotatedRectangle } from './rotated-rectangle.ts'

/** A gap at least so many times as wide as its line is high separates two lines: cells, not words. */
const wideGapHeights = 1
/** Half a minute of one core: three densely printed newspaper pages. In columns of the recogniser's input. */
const maxColumns = 300_000
/** Ten seconds of one core. In pixels that the detector sees, of all regions together. */
const maxDetectorPixels = 32_000_000

/** The models of reading. */
export interface OcrModels {
  readonly detector: InferenceSession
  readonly recogniser: InferenceSession
  readonly dictionary: string
}

/**
 * Reads the text of an image, or of its regions one after the other; a line whose middle lies in two regions is read with the
 * first. Gives columns in reading order, none where there is no text of the confidence asked for. Throws
 * `IpsError('too-much-text')` for an image that would take too long, before it is read.
 */
export async function readText(
  image: UprightImage,
  settings: OcrSettings,
  models: OcrModels,
): Promise<readonly TextColumn[]> {
  const areas = clipAreas(image, settings.regions)
  checkDetectorPixels(areas, settings.detectionSide)
  const found: { readonly area: ImageArea; readonly rectangles: readonly RotatedRectangle[] }[] = []
  for (const [index, area] of areas.entries()) {
    const rectangles = await detectText(
      models.detector,
      cropImage(image, area),
      settings.detectionSide,
    )
    const isNew = (rectangle: RotatedRectangle) =>
      !areas.slice(0, index).some((earlier) => areaHolds(earlier, move(rectangle, area)))
    found.push({ area, rectangles: rectangles.filter(isNew) })
  }
  checkColumns(found.flatMap(({ rectangles }) => rectangles))
  const recogniser = createRecogniser(models.recogniser, models.dictionary)
  const columns: TextColumn[] = []
  for (const { area, rectangles } of found) {
    const lines = await readLines(recogniser, cropImage(image, area), rectangles)
    const isSure = ({ text, confidence }: ReadLine) =>
      text !== '' && confidence >= settings.minConfidence
    columns.push(
      ...selectLines(orderLines(lines.filter(isSure)), isSure).map((column) =>
        moveColumn(column, area),
      ),
    )
  }
  return columns
}

async function readLines(
  recogniser: Recogniser,
  image: UprightImage,
  rectangles: readonly RotatedRectangle[],
): Promise<readonly ReadLine[]> {
  const lines: ReadLine[] = []
  for (const rectangle of rectangles) {
    lines.push(...splitAtWideGaps(await recogniser.read(image, rectangle), wideGapHeights))
  }
  return lines
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

function moveColumn(column: TextColumn, area: ImageArea): TextColumn {
  return column.map((row) =>
    row.map((line) => ({ ...line, rectangle: move(line.rectangle, area) })),
  )
}

function move(rectangle: RotatedRectangle, { left, top }: ImageArea): RotatedRectangle {
  return { ...rectangle, x: rectangle.x + left, y: rectangle.y + top }
}

function checkDetectorPixels(areas: readonly ImageArea[], side: number): void {
  const pixels = areas.map(
    ({ width, height }) => width * height * Math.min(1, side / Math.max(width, height)) ** 2,
  )
  if (pixels.reduce((sum, count) => sum + count, 0) <= maxDetectorPixels) return
  throw new IpsError('too-much-text', 'the regions are too large together for this detection side')
}

function checkColumns(rectangles: readonly RotatedRectangle[]): void {
  const columns = rectangles.reduce((sum, rectangle) => sum + lineWidths(rectangle).padded, 0)
  if (columns <= maxColumns) return
  throw new IpsError(
    'too-much-text',
    `the image has ${rectangles.length} lines; name regions of it`,
  )
}
