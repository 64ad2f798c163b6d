import { describe, expect, test } from '@jest/globals'
import { readSummaryClaim } from '../../../lib/token/read-summary-claim.ts'

const versionsOf = (...claims: string[]) =>
  readSummaryClaim(Object.fromEntries(claims.map((claim) => [claim, true])))?.versions

describe('the versions of the summary that a token asks for', () => {
  test.each([
    [['1.0'], ['summary-1.*']],
    [['1.0'], ['summary-1.0']],
    [['1.1'], ['summary-1.1']],
    [['1.1'], ['summary-*']],
    [['1.0'], ['summary-1.0', 'summary-1.*']],
    [['1.1'], ['summary-1.1', 'summary-*']],
    [
      ['1.0', '1.1'],
      ['summary-*', 'summary-1.*'],
    ],
    [undefined, ['summary-1.2', 'summary-2.*', 'ocr-*']],
  ])('are %j of %j', (versions, claims) => {
    expect(versionsOf(...claims)).toEqual(versions)
    expect(versionsOf(...claims.toReversed())).toEqual(versions)
  })

  test('are those of a broader claim where a narrower one is malformed', () => {
    const rights = { 'summary-1.1': 'yes', 'summary-*': { idleSeconds: 7 } }
    expect(readSummaryClaim(rights)).toMatchObject({ versions: ['1.1'], idleSeconds: 7 })
  })
})
