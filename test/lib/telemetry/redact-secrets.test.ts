import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { redactSecrets } from '../../../lib/telemetry/redact-secrets.ts'

const secretNames = [
  'authorization',
  'token',
  'secret',
  'password',
  'clientSecret',
  'webhookSecret',
  'privateKey',
]

const plain = fc.object({
  maxDepth: 2,
  key: fc.stringMatching(/^[a-z]{1,4}$/),
  withDate: true,
})

describe('redactSecrets', () => {
  it('returns what holds no secret as it is', () => {
    fc.assert(
      fc.property(plain, (event) => expect(redactSecrets(event)).toBe(event)),
      { examples: [[{ a: Number.NaN }]] },
    )
  })

  it('hides a secret wherever it stands, and nothing else, and changes nothing of the original', () => {
    fc.assert(
      fc.property(
        plain,
        fc.array(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 4 }),
        fc.constantFrom(...secretNames),
        (event, path, name) => {
          const original = wrap({ ...event, [name]: 'hunter2' }, path)
          const before = JSON.stringify(original)
          expect(JSON.stringify(redactSecrets(original))).toBe(
            JSON.stringify(wrap({ ...event, [name]: '[redacted]' }, path)),
          )
          expect(JSON.stringify(original)).toBe(before)
        },
      ),
    )
  })

  it('hides the secrets in lists', () => {
    expect(redactSecrets({ clients: [{ name: 'a' }, { name: 'b', token: 'x' }] })).toEqual({
      clients: [{ name: 'a' }, { name: 'b', token: '[redacted]' }],
    })
  })

  it('writes errors with their message, wherever they stand, without their secrets', () => {
    const error = Object.assign(new TypeError('broken'), { token: 'x', code: 'a' })
    expect(redactSecrets({ error, other: { error } })).toMatchObject({
      error: { type: 'TypeError', message: 'broken', code: 'a', token: '[redacted]' },
      other: { error: { message: 'broken', stack: error.stack, token: '[redacted]' } },
    })
    expect(error.token).toBe('x')
  })

  it('leaves out what is too deep, as in an object that refers to itself', () => {
    const event: Record<string, unknown> = { name: 'a' }
    event['self'] = event
    expect(JSON.stringify(redactSecrets(event))).toContain('"name":"a"')
  })
})

/** Puts a value below these members, the last one the innermost. */
function wrap(value: Record<string, unknown>, path: readonly string[]): Record<string, unknown> {
  return path.reduceRight((inner, name) => ({ [name]: inner }), value)
}
