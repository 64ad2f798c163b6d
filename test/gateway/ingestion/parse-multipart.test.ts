import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isMultipart, parseMultipart } from '../../../gateway/ingestion/parse-multipart.ts'
import { Problem } from '../../../gateway/problem.ts'

const type = 'multipart/form-data; boundary=b'

function parse(body: string | Buffer, contentType = type, maxParts = 32): string[] {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
  return parseMultipart(contentType, bytes, { maxParts }).map(({ content }) =>
    content.toString('latin1'),
  )
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof Problem) return error.code
    throw error
  }
  return 'none'
}

describe('parseMultipart', () => {
  test('takes apart what the platform’s own FormData puts together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ bytes: fc.uint8Array({ maxLength: 200 }), name: fc.string() }), {
          maxLength: 5,
        }),
        async (files) => {
          const form = new FormData()
          for (const { bytes, name } of files)
            form.append('image', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), name)
          const response = new Response(form)
          const contentType = response.headers.get('content-type') ?? ''
          const body = Buffer.from(await response.arrayBuffer())
          const parts = parseMultipart(contentType, body, { maxParts: 32 })
          expect(parts.map(({ content }) => [...content])).toEqual(
            files.map(({ bytes }) => [...bytes]),
          )
          expect(parts.every((part) => part.contentType === 'image/png')).toBe(true)
        },
      ),
    )
  })

  test('gives back every content that does not hold the delimiter, byte by byte', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 }),
        (contents) => {
          const boundary = '----boundary-0123456789'
          const parts = contents.flatMap((content) => [
            Buffer.from(`--${boundary}\r\n\r\n`),
            content,
            Buffer.from('\r\n'),
          ])
          const body = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
          const parsed = parseMultipart(`multipart/form-data; boundary=${boundary}`, body, {
            maxParts: 32,
          })
          expect(parsed.map(({ content }) => [...content])).toEqual(
            contents.map((content) => [...content]),
          )
        },
      ),
    )
  })

  test('answers arbitrary bytes with parts or with a problem, never with anything else', () => {
    const pieces = fc.constantFrom(
      '--b',
      '\r\n',
      '--',
      '\r\n--b\r\n',
      '\r\n\r\n',
      'a: b',
      ':',
      ' ',
      'x',
      '\n',
      '\r',
    )
    const body = fc.oneof(
      fc.array(pieces, { maxLength: 20 }).map((all) => Buffer.from(all.join(''), 'latin1')),
      fc
        .uint8Array({ maxLength: 100 })
        .map((bytes) => Buffer.concat([Buffer.from('--b\r\n'), bytes])),
    )
    fc.assert(
      fc.property(body, (bytes) => {
        expect(['none', 'multipart-malformed', 'multipart-too-large']).toContain(
          codeOf(() => parseMultipart(type, bytes, { maxParts: 3 })),
        )
      }),
      { numRuns: 3_000 },
    )
  })

  test.each([
    ['a preamble and an epilogue', 'hello\r\n--b\r\n\r\nx\r\n--b--\r\nbye', ['x']],
    ['space behind the boundary', '--b \t\r\n\r\nx\r\n--b--', ['x']],
    [
      'a longer boundary in the content',
      '--b\r\n\r\nx\r\n--bc\r\n\r\ny\r\n--b--',
      ['x\r\n--bc\r\n\r\ny'],
    ],
    ['the boundary within a line', '--b\r\n\r\nx--b--\r\n--b--', ['x--b--']],
    ['an empty part', '--b\r\na: b\r\n\r\n\r\n--b--', ['']],
    ['an empty part without its own line break', '--b\r\na: b\r\n\r\n--b--', ['']],
    ['no parts', '--b--', []],
  ])('reads %s', (_name, body, contents) => {
    expect(parse(body)).toEqual(contents)
  })

  test.each([
    ['multipart/form-data; boundary="b"'],
    ['multipart/form-data; charset=utf-8; boundary=b; x=y'],
    ['Multipart/Form-Data;BOUNDARY=b'],
    ['multipart/form-data; boundary = "\\b"'],
  ])('reads the boundary of %s', (contentType) => {
    expect(isMultipart(contentType)).toBe(true)
    expect(parse('--b\r\n\r\nx\r\n--b--', contentType)).toEqual(['x'])
  })

  test.each([
    ['no boundary', '--b--', 'multipart/form-data'],
    ['an empty boundary', '--b--', 'multipart/form-data; boundary=""'],
    ['a boundary that is too long', '--b--', `multipart/form-data; boundary=${'b'.repeat(71)}`],
    ['no delimiter', 'hello', type],
    ['no last delimiter', '--b\r\n\r\nx\r\n--b\r\n', type],
    ['a header without an end', '--b\r\na: b\r\n--b--', type],
    ['a header line without a colon', '--b\r\nhello\r\n\r\nx\r\n--b--', type],
    ['an endless header', `--b\r\na: ${'x'.repeat(9_000)}\r\n\r\nx\r\n--b--`, type],
  ])('refuses %s', (_name, body, contentType) => {
    expect(codeOf(() => parse(body, contentType))).toBe('multipart-malformed')
  })

  test('stops at the first part too many', () => {
    const parts = '--b\r\n\r\nx\r\n'.repeat(3)
    expect(parse(`${parts}--b--`, type, 3)).toHaveLength(3)
    expect(codeOf(() => parse(`${parts}--b\r\n`, type, 2))).toBe('multipart-too-large')
  })
})

describe('isMultipart', () => {
  test.each(['multipart/mixed; boundary=b', 'image/png', 'multipart/form-dataX', '', undefined])(
    'says no to %j',
    (contentType) => {
      expect(isMultipart(contentType)).toBe(false)
    },
  )
})
