import { describe, expect, test } from '@jest/globals'
import { ApplicationFailure } from '@temporalio/common'
import fc from 'fast-check'
import { checkDropRequest } from '../../../workflows/message/check-drop-request.ts'

describe('a request to drop a message', () => {
  test('needs a reason of 1 to 500 characters', () => {
    const reason = fc.string({ minLength: 1, maxLength: 500 }).filter((text) => text.trim() !== '')
    fc.assert(
      fc.property(reason, (text) => {
        expect(() => checkDropRequest({ reason: text })).not.toThrow()
      }),
    )
    expect(() => checkDropRequest({ reason: 'x'.repeat(501) })).toThrow(ApplicationFailure)
  })

  test('is refused with a readable failure, whatever it is', () => {
    const nonsense = fc
      .anything()
      .filter(
        (value) => typeof (value as { reason?: unknown } | null | undefined)?.reason !== 'string',
      )
    fc.assert(
      fc.property(nonsense, (request) => {
        expect(() => checkDropRequest(request)).toThrow('dropping a message needs')
      }),
    )
  })
})
