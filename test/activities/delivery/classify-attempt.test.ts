import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { classifyAttempt } from '../../../activities/delivery/classify-attempt.ts'

const now = Date.parse('2026-11-24T06:00:00Z')
const day = 24 * 60 * 60 * 1_000

describe('the class of an attempt', () => {
  test.each([
    [200, 'delivered'],
    [201, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [300, 'message-trouble'],
    [301, 'message-trouble'],
    [302, 'message-trouble'],
    [307, 'message-trouble'],
    [308, 'message-trouble'],
    [400, 'message-trouble'],
    [401, 'message-trouble'],
    [403, 'message-trouble'],
    [404, 'message-trouble'],
    [408, 'endpoint-trouble'],
    [409, 'message-trouble'],
    [410, 'gone'],
    [413, 'message-trouble'],
    [422, 'message-trouble'],
    [425, 'endpoint-trouble'],
    [429, 'endpoint-trouble'],
    [499, 'message-trouble'],
    [500, 'endpoint-trouble'],
    [502, 'endpoint-trouble'],
    [503, 'endpoint-trouble'],
    [504, 'endpoint-trouble'],
    [599, 'endpoint-trouble'],
  ])('of status %d is %s', (status, kind) => {
    expect(classifyAttempt({ status }, now)).toMatchObject({ kind, status })
  })

  test.each(['ECONNREFUSED', 'ENOTFOUND', 'timeout', 'address-denied', 'CERT_HAS_EXPIRED'])(
    'without an answer, for %s, is trouble of the endpoint',
    (error) => {
      expect(classifyAttempt({ error }, now)).toEqual({ kind: 'endpoint-trouble', error })
    },
  )

  test.each([
    [429, '7', 7_000],
    [503, '120', 120_000],
    [500, '0', 0],
    [503, 'Tue, 24 Nov 2026 06:01:00 GMT', 60_000],
    [503, 'Tue, 24 Nov 2026 05:00:00 GMT', 0],
    [429, '999999999', day],
  ])('of status %d keeps the endpoint’s own wish %p', (status, retryAfter, retryAfterMs) => {
    expect(classifyAttempt({ status, retryAfter }, now)).toMatchObject({ retryAfterMs })
  })

  test.each([
    [408, '7'],
    [425, '7'],
    [400, '7'],
    [503, 'soon'],
    [503, '-5'],
    [503, ''],
    [503, undefined],
  ])('of status %d takes no wish from %p', (status, retryAfter) => {
    expect(classifyAttempt({ status, retryAfter }, now)).not.toHaveProperty('retryAfterMs')
  })

  test('exists for every status and every wish, which is never beyond a day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.string(), (status, retryAfter) => {
        const attempt = classifyAttempt({ status, retryAfter }, now)
        expect(attempt.kind === 'delivered').toBe(status < 300)
        if (attempt.kind === 'endpoint-trouble') {
          expect(attempt.retryAfterMs ?? 0).toBeGreaterThanOrEqual(0)
          expect(attempt.retryAfterMs ?? 0).toBeLessThanOrEqual(day)
        }
      }),
    )
  })
})
