import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { selectVersions } from '../../../lib/token/select-versions.ts'

const served = ['1.0', '1.1', '2.0']

const versionsOf = (...claims: string[]) =>
  selectVersions(
    Object.fromEntries(claims.map((claim) => [claim, claim])),
    'faceextract',
    served,
  ).map(({ version, value }) => [version, value])

describe('selectVersions', () => {
  test('serves 1.* by the newest minor of that major', () => {
    expect(versionsOf('faceextract-1.*')).toEqual([['1.1', 'faceextract-1.*']])
  })

  test('serves 1.0 by exactly that', () => {
    expect(versionsOf('faceextract-1.0')).toEqual([['1.0', 'faceextract-1.0']])
  })

  test('serves * by the newest of all', () => {
    expect(versionsOf('faceextract-*')).toEqual([['2.0', 'faceextract-*']])
  })

  test('serves a claim by the version that was promised for it, where one was', () => {
    const select = (...claims: string[]) =>
      selectVersions(
        Object.fromEntries(claims.map((claim) => [claim, claim])),
        'faceextract',
        served,
        { '1.*': '1.0' },
      ).map(({ version, claim }) => [version, claim])
    expect(select('faceextract-1.*')).toEqual([['1.0', 'faceextract-1.*']])
    expect(select('faceextract-*', 'faceextract-1.1', 'faceextract-1.*')).toEqual([
      ['1.0', 'faceextract-1.*'],
      ['1.1', 'faceextract-1.1'],
      ['2.0', 'faceextract-*'],
    ])
    expect(select('faceextract-1.*', 'faceextract-1.0')).toEqual([['1.0', 'faceextract-1.0']])
  })

  test('serves several claims, oldest version first', () => {
    expect(versionsOf('faceextract-*', 'faceextract-1.*', 'faceextract-1.0')).toEqual([
      ['1.0', 'faceextract-1.0'],
      ['1.1', 'faceextract-1.*'],
      ['2.0', 'faceextract-*'],
    ])
  })

  test('serves a version once, as the most specific claim wants it', () => {
    expect(versionsOf('faceextract-*', 'faceextract-2.*', 'faceextract-2.0')).toEqual([
      ['2.0', 'faceextract-2.0'],
    ])
  })

  test('compares versions as numbers', () => {
    expect(
      selectVersions({ 'a-1.*': true, 'a-*': true }, 'a', ['1.10', '1.9', '10.0', '9.0']),
    ).toEqual([
      { version: '1.10', claim: 'a-1.*', value: true },
      { version: '10.0', claim: 'a-*', value: true },
    ])
  })

  test('serves a protocol without minor versions', () => {
    expect(selectVersions({ 'push-1': 'url', 'push-1.*': 'x' }, 'push', ['1'])).toEqual([
      { version: '1', claim: 'push-1', value: 'url' },
    ])
  })

  test('selects nothing for claims that are not understood', () => {
    const claims = ['ocr-1.*', 'faceextract-3.*', 'faceextract-1.2', 'faceextract', 'faceextract-']
    expect(versionsOf(...claims, 'faceextract-1.x', 'faceextract-**', 'xfaceextract-*')).toEqual([])
  })

  test('selects only served versions, each once, whatever the rights are', () => {
    const claim = fc.oneof(fc.string(), fc.stringMatching(/^ocr-(\*|[0-3]\.\*|[0-3]\.[0-3])$/))
    const version = fc.stringMatching(/^[0-3]\.[0-3]$/)
    fc.assert(
      fc.property(fc.dictionary(claim, fc.anything()), fc.array(version), (rights, offered) => {
        const selected = selectVersions(rights, 'ocr', offered).map((it) => it.version)
        expect(new Set(selected).size).toBe(selected.length)
        expect(selected.every((it) => offered.includes(it))).toBe(true)
      }),
    )
  })
})
