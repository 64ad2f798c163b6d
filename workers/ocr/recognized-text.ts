import { create } from '@bufbuild/protobuf'
import {
  RecognizedTextSchema,
  type RecognizedText,
} from '../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import type { ReadLine } from './read-line.ts'
import type { TextColumn } from './reading-order.ts'
import { cornersOf } from './rotated-rectangle.ts'

/** The message for the columns of an image. */
export function createRecognizedText(
  columns: readonly TextColumn[],
  imageWidth: number,
  imageHeight: number,
): RecognizedText {
  let firstLine = 0
  return create(RecognizedTextSchema, {
    text: columns.map(textOf).join('\n'),
    lines: columns.flat(2).map((line) => ({
      text: line.text,
      confidence: round(line.confidence, 4),
      polygon: polygonOf(line),
    })),
    columns: columns.map((column) => {
      const range = { firstLine, lineCount: column.flat().length }
      firstLine += range.lineCount
      return range
    }),
    imageWidth,
    imageHeight,
  })
}

function textOf(column: TextColumn): string {
  return column.map((row) => row.map(({ text }) => text).join(' ')).join('\n')
}

function polygonOf({ rectangle }: ReadLine) {
  return cornersOf(rectangle).map(({ x, y }) => ({ x: round(x, 1), y: round(y, 1) }))
}

/** More digits than the measurement has would only make the message longer. */
function round(value: number, digits: number): number {
  // `+ 0` makes a negative zero positive: the two differ on the wire.
  return Math.round(value * 10 ** digits) / 10 ** digits + 0
}
