import { expect, test } from '@jest/globals'
import { negotiateFormat } from '../../../gateway/firehose/negotiate-format.ts'

const ndjson = 'application/x-ndjson'
const protobuf = 'application/x-protobuf'

test.each([
  [undefined, ndjson],
  ['', ndjson],
  ['*/*', ndjson],
  ['application/*', ndjson],
  ['application/json, text/plain, */*', ndjson],
  [protobuf, protobuf],
  ['Application/X-Protobuf; charset=utf-8', protobuf],
  [`${ndjson};q=0.5, ${protobuf}`, protobuf],
  [`${ndjson};q=0.5, ${protobuf};q=0.4`, ndjson],
  [`*/*, ${ndjson};q=0.1`, protobuf],
  [`${ndjson};q=0, */*;q=0.1`, protobuf],
])('%j is answered with %s', (accept, expected) => {
  expect(negotiateFormat(accept)).toBe(expected)
})

test.each(['text/html', 'application/json', `${ndjson};q=0`, 'nonsense', `${ndjson};q=nonsense`])(
  '%j is not acceptable',
  (accept) => {
    expect(() => negotiateFormat(accept)).toThrow('application/x-ndjson or application/x-protobuf')
  },
)
