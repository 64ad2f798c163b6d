import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { createClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import {
  createFirehoseRecordReader,
  type FirehoseRecordReader,
} from '../../../workers/firehose/read-firehose-record.ts'
import { createTestClientKeys, type TestClientKeys } from '../../support/client-keys.ts'
import { createVisionRecord } from '../../support/push.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

const clientId = 'client'
const now = new Date('2026-11-24T06:00:00.123Z')
let keys: TestKeys
let clientKeys: TestClientKeys
let read: FirehoseRecordReader
const malformed: string[] = []

beforeAll(async () => {
  keys = await createTestKeys()
})

afterAll(() => keys.remove())

beforeEach(async () => {
  clientKeys = await createTestClientKeys()
  malformed.length = 0
  read = createFirehoseRecordReader({
    ...{ verifier: keys.createVerifier(), keys: clientKeys },
    onMalformedClaim: (id, error) => malformed.push(`${id}: ${error.code}`),
  })
})

afterEach(() => clientKeys.remove())

async function recordWith(rights: Record<string, unknown>, message: { messageId?: string } = {}) {
  const token = await issueTestToken(keys, { clientId, rights })
  return createVisionRecord({ clientId, token, messageId: 'id', ...message }).value
}

test('a record is rendered as webhooks have it, behind its id', async () => {
  const record = await read(await recordWith({ 'firehose-1.*': true }), now)
  if (record.outcome !== 'journal') throw new Error('it is not journalled')
  const { key, messageId, type, correlationId, json } = record.item
  expect({ clientId: key.clientId, messageId, type, correlationId }).toEqual({
    ...{ clientId, messageId: 'id', type: 'ocr.v1m0.RecognizedText', correlationId: 'case' },
  })
  expect(json.toString()).toMatch(/^\{"id":/)
  expect(JSON.parse(json.toString())).toEqual({
    id: 'id',
    type: 'ocr.v1m0.RecognizedText',
    timestamp: '2026-11-24T06:00:00.123Z',
    correlationId: 'case',
    imageId: '0123456789abcdef0123456789abcdef',
    data: {
      '@type': 'type.googleapis.com/com.reactivearchitecturecookbook.ocr.v1m0.RecognizedText',
      ...{ text: 'hello', lines: [], columns: [], imageWidth: 10, imageHeight: 10 },
    },
  })
})

test.each<[Record<string, unknown>, 'journal' | 'ignore', number]>([
  [{ 'firehose-1.0': { maxRate: 5 } }, 'journal', 0],
  [{ 'firehose-*': true }, 'journal', 0],
  [{ 'firehose-1.0': 'malformed', 'firehose-1.*': true }, 'journal', 1],
  [{ 'firehose-1.*': { maxRate: -1 } }, 'ignore', 1],
  [{ 'firehose-2.*': true }, 'ignore', 0],
  [{ 'push-1': 'https://hooks.example/' }, 'ignore', 0],
])(
  'rights %j make it %s, and a malformed claim is told once for a token',
  async (rights, outcome, told) => {
    const value = await recordWith(rights)
    for (let time = 0; time < 3; time += 1)
      expect(await read(value, now)).toMatchObject({ outcome })
    expect(malformed).toHaveLength(told)
  },
)

test('a record without a right makes no key', async () => {
  await read(await recordWith({}), now)
  await expect(clientKeys.existingKey(clientId)).rejects.toMatchObject({
    code: 'client-key-missing',
  })
})

test('a record of any bytes, or with an id that the journal cannot hold, is put aside', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (value) => {
      expect(await read(value, now)).toMatchObject({ outcome: 'reject' })
    }),
  )
  const value = await recordWith({ 'firehose-1.*': true }, { messageId: 'a\0b' })
  expect(await read(value, now)).toMatchObject({
    outcome: 'reject',
    reason: { code: 'envelope-malformed' },
  })
})

test('a record of a client that was erased is neither kept nor put aside', async () => {
  await clientKeys.erase(clientId)
  const value = await recordWith({ 'firehose-1.*': true })
  expect(await read(value, now)).toEqual({ outcome: 'ignore', reason: 'client-erased' })
})

test('a record of a client whose key is damaged is put aside', async () => {
  await clientKeys.keyFor(clientId)
  await writeFile(keyFileOf(clientKeys.directory, clientId), '')
  const reader = createFirehoseRecordReader({
    ...{ verifier: keys.createVerifier(), keys: createClientKeys(clientKeys.directory) },
  })
  expect(await reader(await recordWith({ 'firehose-1.*': true }), now)).toMatchObject({
    outcome: 'reject',
    reason: { code: 'client-key-damaged' },
  })
})

test('what another try may mend is thrown', async () => {
  const away = new IpsError('keys-unavailable', 'away', { retryable: true })
  const reader = createFirehoseRecordReader({
    ...{ verifier: keys.createVerifier(), keys: { keyFor: () => Promise.reject(away) } },
  })
  await expect(reader(await recordWith({ 'firehose-1.*': true }), now)).rejects.toBe(away)
})
