import { describe, expect, test } from '@jest/globals'
import { visionServices } from '../../../lib/topology.ts'
import { readSummaryRights } from '../../../workers/summary/read-summary-rights.ts'

describe('what a token says of summaries', () => {
  test('is the window, the idle gap, the threshold of identity, and the versions that its claims select', () => {
    const rights = {
      'faceextract-1.*': true,
      'faceextract-*': true,
      'ocr-*': { minConfidence: 0.8 },
      'summary-1.*': { windowSeconds: 60 },
      'push-1': 'https://example.com/',
    }
    expect(readSummaryRights('client', rights)).toEqual({
      clientId: 'client',
      versions: ['1.0'],
      windowSeconds: 60,
      idleSeconds: 30,
      identityThreshold: 0.42,
      expected: ['faceextract/1.1', 'faceextract/2.0', 'ocr/1.0'],
    })
  })

  test('is the longest waits and the strictest threshold of several claims, and each version once', () => {
    const rights = {
      'summary-1.0': { windowSeconds: 60, idleSeconds: 10, identityThreshold: 0.5 },
      'summary-1.*': { windowSeconds: 600 },
      'summary-1.1': { idleSeconds: 20 },
      'summary-*': { identityThreshold: 0.9 },
    }
    expect(readSummaryRights('client', rights)).toMatchObject({
      versions: ['1.0', '1.1'],
      windowSeconds: 86_400,
      idleSeconds: 20,
      identityThreshold: 0.5,
    })
  })

  test('is nothing without a summary claim, or with a malformed one', () => {
    expect(readSummaryRights('client', { 'ocr-*': true })).toBeUndefined()
    expect(readSummaryRights('client', { 'summary-1.*': { idleSeconds: 0 } })).toBeUndefined()
    expect(readSummaryRights('client', { 'summary-2.*': true })).toBeUndefined()
  })

  test('awaits nothing of a malformed claim, unless a broader one serves', () => {
    const rights = {
      'summary-*': true,
      'ocr-*': 'yes',
      'faceextract-1.0': 1,
      'faceextract-*': true,
    }
    expect(readSummaryRights('client', rights)?.expected).toEqual(['faceextract/2.0'])
  })
})

describe('the topology’s vision services', () => {
  test.each([
    ['faceextract', '../../../workers/faceextract/faceextract.ts'],
    ['ocr', '../../../workers/ocr/ocr.ts'],
  ] as const)('names the versions that %s serves', async (name, module) => {
    const definitions = (await import(module)) as Record<
      string,
      { versions: readonly { version: string }[] }
    >
    const served = definitions[name]?.versions.map(({ version }) => version)
    expect(served).toEqual(visionServices[name])
  })
})
