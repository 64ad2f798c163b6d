import { expect, test } from '@jest/globals'
import { createReadLine } from '../../../workers/ocr/read-line.ts'
import { createRecognizedText } from '../../../workers/ocr/recognized-text.ts'

test('a message has its text by columns and rows, its lines in that order, and the columns as ranges of lines', () => {
  const columns = [
    [[line('Title')]],
    [
      [line('Milk'), line('1.29')],
      [line('Bread'), line('3.49')],
    ],
    [[line('Thanks')]],
  ]
  const message = createRecognizedText(columns, 640, 480)
  expect(message.text).toBe('Title\nMilk 1.29\nBread 3.49\nThanks')
  expect(message.lines.map(({ text }) => text)).toEqual([
    'Title',
    'Milk',
    '1.29',
    'Bread',
    '3.49',
    'Thanks',
  ])
  expect(message.columns.map(({ firstLine, lineCount }) => [firstLine, lineCount])).toEqual([
    [0, 1],
    [1, 4],
    [5, 1],
  ])
  expect([message.imageWidth, message.imageHeight]).toEqual([640, 480])
})

test('a polygon goes clockwise from where the text starts at its top, in tenths of a pixel', () => {
  const [down] = createRecognizedText([[[line('down', Math.PI / 2)]]], 640, 480).lines
  expect(down?.polygon.map(({ x, y }) => [x, y])).toEqual([
    [110, 0],
    [110, 100],
    [90, 100],
    [90, 0],
  ])
})

function line(text: string, angle = 0) {
  const characters = [{ text, probability: 0.98765, at: 0.5 }]
  const rectangle = { x: 100, y: 50, width: 100, height: 20, angle }
  return createReadLine(rectangle, characters, { extent: { from: 0, to: 1 }, gaps: [] })
}
