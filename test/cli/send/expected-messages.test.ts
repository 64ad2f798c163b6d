import { describe, expect, test } from '@jest/globals'
import { expectedMessages, isSummaryType } from '../../../cli/send/expected-messages.ts'

describe('expectedMessages', () => {
  test.each([
    [{}, { terminals: [], summaries: [] }],
    [
      { 'ingest-1.*': true, 'push-1': 'https://a.example' },
      { terminals: [], summaries: [] },
    ],
    [
      { 'ocr-*': true, 'summary-1.*': true },
      { terminals: ['ocr/1.0'], summaries: ['summary.v1m0.TransactionSummary'] },
    ],
    [
      { 'ocr-*': true, 'summary-1.0': true, 'summary-1.1': true },
      {
        terminals: ['ocr/1.0'],
        summaries: ['summary.v1m0.TransactionSummary', 'summary.v1m1.TransactionSummary'],
      },
    ],
    [
      { 'faceextract-1.0': true, 'faceextract-1.*': true, 'faceextract-*': true },
      { terminals: ['faceextract/1.0', 'faceextract/1.1', 'faceextract/2.0'], summaries: [] },
    ],
  ])('says what comes back of a token with %j', (rights, expected) => {
    expect(expectedMessages(rights)).toEqual(expected)
  })
})

describe('isSummaryType', () => {
  test('knows summaries of every version', () => {
    const summaries = ['summary.v1m0.TransactionSummary', 'summary.v1m1.TransactionSummary']
    const others = ['summary.v1m0.Agreement', 'vision.v1m0.ImageProcessed']
    expect([...summaries, ...others].filter(isSummaryType)).toEqual(summaries)
  })
})
