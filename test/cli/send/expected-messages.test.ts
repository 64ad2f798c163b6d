import { describe, expect, test } from '@jest/globals'
import { expectedMessages } from '../../../cli/send/expected-messages.ts'

describe('expectedMessages', () => {
  test.each([
    [{}, { terminals: [], summary: false }],
    [
      { 'ingest-1.*': true, 'push-1': 'https://a.example' },
      { terminals: [], summary: false },
    ],
    [
      { 'ocr-*': true, 'summary-1.*': true },
      { terminals: ['ocr/1.0'], summary: true },
    ],
    [
      { 'faceextract-1.0': true, 'faceextract-1.*': true, 'faceextract-*': true },
      { terminals: ['faceextract/1.0', 'faceextract/1.1', 'faceextract/2.0'], summary: false },
    ],
  ])('says what comes back of a token with %j', (rights, expected) => {
    expect(expectedMessages(rights)).toEqual(expected)
  })
})
