import { describe, expect, test } from '@jest/globals'
import { errors } from 'undici'
import { failureWord } from '../../../activities/delivery/failure-word.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'

describe('the word for a failure', () => {
  test.each([
    [new IpsError('address-denied', 'denied'), 'address-denied'],
    [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [Object.assign(new AggregateError([]), { code: 'ENETUNREACH' }), 'ENETUNREACH'],
    [Object.assign(new Error('pipe'), { code: 'EPIPE' }), 'ECONNRESET'],
    [new errors.ConnectTimeoutError(), 'connect-timeout'],
    [new errors.SocketError('other side closed'), 'connection-closed'],
    [new errors.HeadersOverflowError(), 'headers-too-large'],
    [new errors.HTTPParserError('bad'), 'malformed-answer'],
    [Object.assign(new Error('bad'), { code: 'HPE_INVALID_CONSTANT' }), 'malformed-answer'],
    [new TypeError('bug'), 'TypeError'],
    ['text', 'unknown'],
    [null, 'unknown'],
    [{}, 'unknown'],
  ])('%s is %s', (error, word) => {
    expect(failureWord(error)).toBe(word)
  })
})
