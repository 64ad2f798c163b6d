import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createRequestReader, headerOf } from '../../../bench/push/create-request-reader.ts'

const request = fc.record({
  id: fc.stringMatching(/^[a-z0-9-]{1,20}$/),
  body: fc.string({ maxLength: 200, unit: 'binary' }),
})

describe('createRequestReader', () => {
  it('finds every request, wherever the pieces are cut, even where a body looks like a head', () => {
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
        (requests, sizes) => {
          const bytes = Buffer.concat(requests.map(({ id, body }) => write(id, `${body}\r\n\r\n`)))
          const ids: string[] = []
          const read = createRequestReader((head) => ids.push(headerOf(head, 'webhook-id')))
          for (const piece of cut(bytes, sizes)) read(piece)
          expect(ids).toEqual(requests.map(({ id }) => id))
        },
      ),
    )
  })

  it('does not call on before the body has ended', () => {
    const heads: string[] = []
    const read = createRequestReader((head) => heads.push(head))
    const bytes = write('a', 'hello')
    read(bytes.subarray(0, -1))
    expect(heads).toEqual([])
    read(bytes.subarray(-1))
    expect(heads).toHaveLength(1)
  })

  it('throws for a request without a length, and for bytes without an end of a head', () => {
    const read = () => createRequestReader(() => undefined)
    expect(() => read()(Buffer.from('POST / HTTP/1.1\r\nhost: a\r\n\r\n'))).toThrow()
    expect(() => read()(Buffer.alloc(20_000, 'x'))).toThrow()
  })
})

function write(id: string, body: string): Buffer {
  const content = Buffer.from(body)
  const head = `POST /ok HTTP/1.1\r\nhost: a\r\ncontent-length: ${content.length}\r\nwebhook-id: ${id}`
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), content])
}

/** Pieces of these sizes in turn. */
function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(start, start + size)
    start += size
  }
}
