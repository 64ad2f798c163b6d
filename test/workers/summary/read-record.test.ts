import { describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { createClientKey } from '../../../lib/client-keys/seal-content.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { readRecord, type ReadRights } from '../../../workers/summary/read-record.ts'
import {
  createFaceRecords,
  createTextRecords,
  testImageId,
  testMaker,
} from '../../support/vision-messages.ts'

const image = {
  clientId: 'client',
  correlationId: 'case',
  token: 'token',
  image: 1,
  announced: 2,
  ingestedAt: new Date('2026-11-24T06:00:00Z'),
}
const rights = {
  clientId: 'client',
  windowSeconds: 60,
  idleSeconds: 30,
  identityThreshold: 0.42,
  versions: ['1.0'],
  expected: ['ocr/1.0'],
  key: createClientKey('client', randomBytes(32)),
}
const granted: ReadRights = () => Promise.resolve(rights)

const read = (records: readonly { value: Uint8Array }[], readRights: ReadRights = granted) =>
  Promise.all(records.map(({ value }) => readRecord(value, readRights)))

describe('a record of vision-1', () => {
  test('is read without its pixels', async () => {
    const [face, terminal] = await read(createFaceRecords(image))
    expect(face).toMatchObject({
      kind: 'entry',
      entry: {
        clientId: 'client',
        correlationId: 'case',
        imageId: testImageId(image),
        announced: 2,
        ingestedAt: image.ingestedAt,
        service: 'faceextract',
        version: '1.1',
        content: {
          kind: 'faces',
          faces: [{ index: 0, boundingBox: { left: 0, top: 2, width: 30, height: 40 } }],
        },
      },
    })
    expect(JSON.stringify(face)).not.toContain('image/jpeg')
    expect(terminal).toMatchObject({ entry: { content: { kind: 'terminal', results: 1 } } })
  })

  test('brings what faces are compared by, where it is attached', async () => {
    const vector = Float32Array.of(1, 0, -1)
    const records = createFaceRecords(image, 2, [vector, vector])
    const templates = (await read(records)).map((result) =>
      result.kind === 'entry' ? result.entry.templates : undefined,
    )
    const packed = Uint8Array.of(127, 0, 129)
    expect(templates).toEqual([
      [],
      [],
      [0, 1].map((index) => ({ index, maker: testMaker, vector: packed })),
    ])
  })

  test('gives its text without the characters that no database takes', async () => {
    const [text] = await read(createTextRecords(image, 'a\u0000b'))
    expect(text).toMatchObject({ entry: { content: { kind: 'text', text: 'ab' } } })
  })

  test('keeps the lines of a text whatever the token asks for: a later one may ask for what they agree in', async () => {
    const [lines] = await read(createTextRecords(image, 'Jane\nMil\u0000ler'))
    expect(lines).toMatchObject({
      entry: {
        content: {
          kind: 'text',
          lines: [
            { line: 0, text: 'Jane', confidence: 0.9, polygon: [0, 0, 200, 0, 200, 20, 0, 20] },
            { line: 1, text: 'Miller' },
          ],
        },
      },
    })
  })

  test('leaves lines out that are too long or too many for fields, and keeps the others’ places', async () => {
    const text = ['x'.repeat(300), ...Array.from({ length: 600 }, (_, line) => `line ${line}`)]
    const [result] = await read(createTextRecords(image, text.join('\n')))
    const content = result?.kind === 'entry' ? result.entry.content : undefined
    const lines = content?.kind === 'text' ? content.lines : undefined
    expect(lines).toHaveLength(512)
    expect(lines?.[0]).toMatchObject({ line: 1, text: 'line 0' })
  })

  test('is verified for the time at which its image was ingested', async () => {
    const times: Date[] = []
    await read(createTextRecords(image, ''), (_token, at) => {
      times.push(at)
      return Promise.resolve(rights)
    })
    expect(times).toEqual([image.ingestedAt])
  })

  test('is unwanted where the token asks for no summary', async () => {
    const [result] = await read(createTextRecords(image), () => Promise.resolve(undefined))
    expect(result).toEqual({ kind: 'unwanted' })
  })

  test('is refused by the error’s code where it can never be used', async () => {
    const refused: ReadRights = () => Promise.reject(new IpsError('token-expired', 'too late'))
    expect((await read(createTextRecords(image), refused))[0]).toEqual({
      kind: 'refused',
      code: 'token-expired',
      detail: 'too late',
    })
    expect(await read([{ value: Buffer.from('none') }])).toMatchObject([
      { kind: 'refused', code: 'envelope-malformed' },
    ])
  })

  test('is neither kept nor put aside where its client was erased', async () => {
    const erased: ReadRights = () => Promise.reject(new IpsError('client-erased', 'gone'))
    expect(await read(createTextRecords(image), erased)).toEqual([
      { kind: 'erased' },
      { kind: 'erased' },
    ])
  })

  test('is postponed where the keys cannot be read now', async () => {
    const away: ReadRights = () =>
      Promise.reject(new IpsError('keys-unavailable', 'none yet', { retryable: true }))
    await expect(read(createTextRecords(image), away)).rejects.toMatchObject({ retryable: true })
  })
})
