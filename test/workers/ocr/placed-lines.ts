import { createReadLine, type ReadLine } from '../../../workers/ocr/read-line.ts'
import { createTextMeasure } from '../../support/text-width.ts'
import type { TextItem } from '../../support/render-document.ts'

/** The height of a detector's rectangle for text of size 1. */
const rectangleHeight = 1.3
/** How far the middle of such a rectangle lies over the baseline. */
const middleOverBaseline = 0.36

/**
 * What a perfect recogniser would read of the items of a document that is turned clockwise round the origin: one line
 * for each item, without gaps in it.
 */
export function placeLines(items: readonly TextItem[], rotateDegrees = 0): readonly ReadLine[] {
  const turn = (rotateDegrees * Math.PI) / 180
  return items.map((item) => {
    const size = item.size ?? 24
    const width = createTextMeasure(item)(item.text)
    const shift = { start: 0.5, middle: 0, end: -0.5 }[item.anchor ?? 'start'] * width
    const [x, y] = [item.x + shift, item.y - middleOverBaseline * size]
    const rectangle = {
      x: x * Math.cos(turn) - y * Math.sin(turn),
      y: x * Math.sin(turn) + y * Math.cos(turn),
      width,
      height: rectangleHeight * size,
      angle: turn,
    }
    const characters = Array.from(item.text, (text, index, all = item.text) => ({
      text,
      probability: 0.9,
      at: (index + 0.5) / all.length,
    }))
    return createReadLine(rectangle, characters, { extent: { from: 0, to: 1 }, gaps: [] })
  })
}
