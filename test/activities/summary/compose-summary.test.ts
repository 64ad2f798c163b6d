import { describe, expect, test } from '@jest/globals'
import { toJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { composeSummary } from '../../../activities/summary/compose-summary.ts'
import type {
  JournalledMessage,
  MessageContent,
  TransactionRecord,
} from '../../../activities/summary/transaction-record.ts'
import { visionMessageIdOf } from '../../../lib/envelope/message-ids.ts'
import { TransactionSummarySchema } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'

const key = { clientId: 'client', correlationId: 'case-17' }
const decision = { revision: 1, decidedAt: new Date('2026-11-24T06:01:00Z') }

const idOf = (image: number) => image.toString(16).padStart(32, '0')

function message(
  image: number,
  [service, version]: readonly [string, string],
  ordinal: number | 'terminal',
  content: MessageContent,
): JournalledMessage {
  const imageId = idOf(image)
  const messageId = visionMessageIdOf({ imageId, service, version, ordinal })
  return { messageId, imageId, service, version, content }
}

function record(members: Partial<TransactionRecord>): TransactionRecord {
  return {
    announced: 0,
    windowStart: new Date('2026-11-24T06:00:00Z'),
    token: 'token',
    tokenIngestedAt: new Date('2026-11-24T06:00:00Z'),
    traceparent: '',
    synthetic: false,
    identityThreshold: 0.42,
    versions: ['1.0'],
    images: [],
    messages: [],
    templates: [],
    formerPeople: [],
    ...members,
  }
}

const faces = ['faceextract', '1.1'] as const
const text = ['ocr', '1.0'] as const
const box = { left: 1, top: 2, width: 30, height: 40 }
const terminal = { kind: 'terminal', results: 1 } as const

async function jsonOf(members: Partial<TransactionRecord>) {
  const summary = await composeSummary(key, record(members), decision)
  return toJson(TransactionSummarySchema, summary) as Record<string, unknown>
}

describe('a summary', () => {
  test('shows images, services, people and texts of a complete transaction', async () => {
    const expected = ['faceextract/1.1', 'ocr/1.0']
    const summary = await jsonOf({
      announced: 1,
      images: [{ imageId: idOf(1), expected, answered: expected }],
      messages: [
        message(1, text, 'terminal', terminal),
        message(1, text, 0, { kind: 'text', text: 'PARCEL 17' }),
        message(1, faces, 'terminal', terminal),
        message(1, faces, 0, { kind: 'faces', faces: [{ index: 0, boundingBox: box }] }),
      ],
    })
    expect(summary).toEqual({
      state: 'STATE_COMPLETE',
      revision: 1,
      images: [
        {
          imageId: idOf(1),
          services: [
            { service: 'faceextract', version: '1.1', results: 1 },
            { service: 'ocr', version: '1.0', results: 1 },
          ],
        },
      ],
      people: [
        {
          personId: expect.stringMatching(/^[0-9a-f]{16}$/),
          faces: [{ imageId: idOf(1), boundingBox: box, similarity: 1 }],
        },
      ],
      texts: [{ imageId: idOf(1), text: 'PARCEL 17' }],
      windowStart: '2026-11-24T06:00:00Z',
      windowEnd: '2026-11-24T06:01:00Z',
    })
  })

  test('names missing messages, counts missing images, and keeps failures', async () => {
    const failure = { code: 'image-damaged', detail: 'the file ends early' }
    const summary = await jsonOf({
      announced: 3,
      images: [
        {
          imageId: idOf(2),
          expected: ['ocr/1.0', 'faceextract/1.1'],
          answered: ['faceextract/1.1'],
        },
        { imageId: idOf(1), expected: ['ocr/1.0'], answered: [] },
      ],
      messages: [message(2, faces, 'terminal', { kind: 'terminal', results: 0, failure })],
    })
    expect(summary).toMatchObject({
      state: 'STATE_PARTIAL',
      images: [
        { imageId: idOf(1) },
        { imageId: idOf(2), services: [{ service: 'faceextract', version: '1.1', failure }] },
      ],
      missing: [
        { imageId: idOf(1), service: 'ocr', version: '1.0' },
        { imageId: idOf(2), service: 'ocr', version: '1.0' },
      ],
      missingImages: 1,
    })
  })

  test('says a face once where several versions found it', async () => {
    const old = ['faceextract', '1.0'] as const
    const newest = ['faceextract', '2.0'] as const
    const other = { left: 9, top: 9, width: 9, height: 9 }
    const summary = await composeSummary(
      key,
      record({
        images: [{ imageId: idOf(1), expected: [], answered: [] }],
        messages: [
          message(1, old, 1, { kind: 'faces', faces: [{}] }),
          message(1, old, 0, { kind: 'faces', faces: [{}] }),
          message(1, old, 2, { kind: 'faces', faces: [{}] }),
          message(1, faces, 0, { kind: 'faces', faces: [{ index: 0, boundingBox: other }] }),
          message(1, newest, 0, {
            kind: 'faces',
            faces: [
              { index: 0, boundingBox: box },
              { index: 1, boundingBox: other },
            ],
          }),
        ],
      }),
      decision,
    )
    const told = summary.people.flatMap((person) =>
      person.faces.map(({ index, boundingBox }) => [index, boundingBox?.left]),
    )
    expect(told).toEqual([
      [0, box.left],
      [1, other.left],
      [2, undefined],
    ])
    expect(new Set(summary.people.map(({ personId }) => personId)).size).toBe(3)
  })

  test('says what its images agree in, with all that is needed to draw it, where a token asks for that', async () => {
    const line = (index: number, read: string) => ({
      ...{ line: index, text: read, confidence: 0.9 },
      polygon: [1, 2, 30, 2, 30, 20, 1, 20],
    })
    const members = {
      images: [1, 2, 3].map((image) => ({ imageId: idOf(image), expected: [], answered: [] })),
      messages: [
        message(1, text, 0, {
          ...{ kind: 'text', text: 'x' },
          lines: [line(0, 'Total'), line(1, 'Name: Anna Berg')],
        }),
        message(2, text, 0, {
          ...{ kind: 'text', text: 'x' },
          lines: [line(2, 'ANNA BERG'), line(3, 'Total')],
        }),
        // Of before lines were kept.
        message(3, text, 0, { kind: 'text', text: 'Anna Berg' }),
      ],
    }
    const polygon = [
      { x: 1, y: 2 },
      { x: 30, y: 2 },
      { x: 30, y: 20 },
      { x: 1, y: 20 },
    ]
    const about = { similarity: 1, confidence: 0.9, polygon }
    expect(await jsonOf({ ...members, versions: ['1.0', '1.1'] })).toMatchObject({
      texts: [{}, {}, { text: 'Anna Berg' }],
      agreements: [
        {
          text: 'ANNA BERG',
          score: 1,
          occurrences: [
            { imageId: idOf(1), line: 1, text: 'Anna Berg', ...about },
            { imageId: idOf(2), line: 2, text: 'ANNA BERG', ...about },
          ],
        },
      ],
    })
    expect(await jsonOf(members)).not.toHaveProperty('agreements')
  })

  test('is the same whatever the order of the journal’s rows', async () => {
    const messages = [1, 2, 3].flatMap((image) => [
      message(image, faces, 'terminal', terminal),
      message(image, faces, 0, { kind: 'faces', faces: [{ index: 0, boundingBox: box }] }),
      message(image, text, 'terminal', terminal),
      message(image, text, 0, {
        ...{ kind: 'text', text: `text ${image}` },
        lines: ['Jane Miller', `No. ${4_711 + (image % 2)}`].map((read, line) => ({
          ...{ line, text: read, confidence: image / 4, polygon: [] },
        })),
      }),
    ])
    const images = [1, 2, 3].map((image) => ({
      imageId: idOf(image),
      expected: ['ocr/1.0', 'faceextract/1.1'],
      answered: ['faceextract/1.1'],
    }))
    const shuffled = <T>(list: readonly T[]) =>
      fc.shuffledSubarray([...list], { minLength: list.length })
    await fc.assert(
      fc.asyncProperty(shuffled(messages), shuffled(images), async (someMessages, someImages) => {
        expect(await jsonOf({ messages: someMessages, images: someImages })).toEqual(
          await jsonOf({ messages, images }),
        )
      }),
    )
  })
})
