import { describe, expect, test } from '@jest/globals'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { selectUsable } from '../../../lib/token/select-usable.ts'

function read(value: unknown): number {
  if (typeof value !== 'number') throw new IpsError('claim-malformed', 'no number')
  return value
}

describe('selectUsable', () => {
  test('gives the versions that are asked for, with the values as they were read', () => {
    const rights = { 'ocr-1.0': 1, 'ocr-*': 2, 'faceextract-*': 3 }
    expect(selectUsable(rights, 'ocr', ['1.0', '2.0'], { read })).toEqual([
      { version: '1.0', value: 1 },
      { version: '2.0', value: 2 },
    ])
  })

  test('puts a malformed claim aside, so that a broader one serves its version', () => {
    const malformed: string[] = []
    const rights = { 'ocr-1.0': 'x', 'ocr-1.*': 'y', 'ocr-*': 3 }
    const onMalformed = (claim: string) => malformed.push(claim)
    expect(selectUsable(rights, 'ocr', ['1.0'], { read, onMalformed })).toEqual([
      { version: '1.0', value: 3 },
    ])
    expect(malformed).toEqual(['ocr-1.0', 'ocr-1.*'])
    expect(rights['ocr-1.*']).toBe('y')
  })

  test('lets through what is no matter of the claim', () => {
    const fault = () => {
      throw new TypeError('a fault')
    }
    expect(() => selectUsable({ 'ocr-*': 1 }, 'ocr', ['1.0'], { read: fault })).toThrow(TypeError)
  })
})
