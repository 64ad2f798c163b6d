import { describe, expect, test } from '@jest/globals'
import {
  describeTransaction,
  transactionTable,
} from '../../../cli/operations/describe-transaction.ts'
import type { ShownTransaction } from '../../../cli/operations/show-transaction.ts'

const now = Date.parse('2026-11-24T06:00:00Z')
const failure = {
  ...{ code: 'transaction-unusable', message: 'no summary can be composed', tries: 2 },
  ...{ since: '2026-11-24T05:30:00.000Z', nextTryAt: '2026-11-24T06:30:00.000Z' },
}

const transaction = (changes: Partial<ShownTransaction> = {}): ShownTransaction => ({
  ...{ clientId: 'shop', transactionId: 'case-17', state: 'open', revision: 0 },
  ...{ images: 2, completeImages: 1, announced: 3, missing: 1, missingImages: 1 },
  ...{ since: '2026-11-24T05:00:00.000Z', changedAt: '2026-11-24T05:59:00.000Z', decidedAt: null },
  ...{ endsAt: '2026-11-25T05:00:00.000Z', waitsFor: '1 of 3 announced images are complete.' },
  ...{ failure: null, workflow: 'answers', people: null, texts: null, agreements: null },
  missingMessages: [{ imageId: '9f', service: 'ocr', version: '1.0' }],
  ...changes,
})
const textOf = (changes: Partial<ShownTransaction> = {}) =>
  describeTransaction(transaction(changes), now).join('\n')

describe('describeTransaction', () => {
  test('says of an open one what it waits for, what is missing and what can be done', () => {
    const text = textOf()
    expect(text).toContain('case-17 of shop: open')
    expect(text).toContain('the last message at 2026-11-24T05:59:00.000Z (1 min ago)')
    expect(text).toContain('There is no summary yet. 1/3 images are complete.')
    expect(text).toContain('1 of 3 announced images are complete.')
    expect(text).toMatch(/missing:\n +9f +ocr +1\.0/)
    expect(text).toContain('transactions complete shop case-17')
    expect(text).toContain('transactions extend shop case-17 --by 2h')
  })

  test('says of a finished one who is in it and what was read', () => {
    const text = textOf({
      ...{ state: 'complete', revision: 2, decidedAt: '2026-11-24T05:55:00.000Z', waitsFor: null },
      people: [
        {
          personId: 'p1',
          faces: [{ imageId: '9f00112233', index: 1, similarity: 1 }],
          margin: 0.2,
        },
      ],
      texts: [{ imageId: '9f', text: 'PARCEL\n17\u001b[2J' }],
      agreements: [
        {
          ...{ text: 'Jane\u001b[2J Miller', score: 0.9 },
          occurrences: [
            { imageId: '9f00112233', line: 2, text: 'Jane Miller' },
            { imageId: 'a100112233', line: 0, text: 'Jane Mi11er' },
          ],
        },
      ],
      missingMessages: [],
    })
    expect(text).toContain('Revision 2 of its summary was decided at 2026-11-24T05:55:00.000Z')
    expect(text).toMatch(/people:\n +p1 +1 face +9f001122…\/1/)
    expect(text).toMatch(/texts:\n +9f +PARCEL 17 \[2J/)
    expect(text).toMatch(
      /read alike in several images:\n +Jane.* Miller +0\.90 +9f001122…\/2 a1001122…\/0/,
    )
    expect(text).not.toContain('missing:')
    expect(text).not.toContain('transactions complete')
  })

  test('says of one that failed why, and how it is tried again', () => {
    const text = textOf({
      state: 'failed',
      failure,
      waitsFor: 'Revision 1 could not be published.',
    })
    expect(text).toContain('Revision 1 could not be published.')
    expect(text).toContain('transactions retry shop case-17')
  })

  test.each([
    ['none', 'somebody has ended it'],
    ['silent', 'No summary process answers'],
    ['unreachable', 'Temporal does not answer'],
  ] as const)('says where its workflow is %s', (workflow, words) => {
    expect(textOf({ workflow })).toContain(words)
  })

  test('shows no more than fits', () => {
    const missing = { service: 'ocr', version: '1.0' }
    const text = textOf({
      missingMessages: Array.from({ length: 1_000 }, (_, image) => ({
        ...{ imageId: String(image), ...missing },
      })),
    })
    expect(text.split('\n').length).toBeLessThan(40)
    expect(text).toContain('and 980 more')
  })
})

describe('transactionTable', () => {
  test('has a row for each transaction', () => {
    const failed = transaction({
      ...{ transactionId: 'case-18', state: 'failed', endsAt: null },
      failure,
    })
    const [head = '', first = '', second = ''] = transactionTable([transaction(), failed]).split(
      '\n',
    )
    expect(head).toMatch(/^transaction +state +revision +images +missing +since +ends +waits$/)
    expect(first).toMatch(/^case-17 +open +0 +1\/3 +1 .* 2026-11-25T05:00:00\.000Z +1 of 3/)
    expect(second).toMatch(/^case-18 +failed .* transaction-unusable$/)
  })
})
