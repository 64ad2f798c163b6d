import { expect, test } from '@jest/globals'
import { expectedTerminals } from '../../../lib/token/expected-terminals.ts'

test.each([
  [{}, []],
  [{ 'ingest-1.*': true, 'push-1': 'https://a.example' }, []],
  [{ 'ocr-*': true, 'faceextract-1.*': true }, ['faceextract/1.1', 'ocr/1.0']],
  [{ 'faceextract-1.0': 1, 'faceextract-*': true }, ['faceextract/2.0']],
  [{ 'ocr-1.0': 1, 'ocr-*': true }, ['ocr/1.0']],
  [{ 'ocr-*': 'yes' }, []],
])('a token with %j causes exactly these terminal messages for each image', (rights, expected) => {
  expect(expectedTerminals(rights)).toEqual(expected)
})
