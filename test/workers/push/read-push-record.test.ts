import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'
import { createWebhookKeyPair, createWebhookSecret } from '../../../lib/token/webhook-secret.ts'
import { createSecretBox } from '../../../workers/push/journal/create-secret-box.ts'
import {
  createPushRecordReader,
  endpointIdOf,
  type PushRecordReader,
} from '../../../workers/push/read-push-record.ts'
import { openBody, openEndpoint } from '../../../workers/push/journal/sealed-columns.ts'
import { createTestClientKeys, derivedKey, derivedKeys } from '../../support/client-keys.ts'
import { createVisionRecord } from '../../support/push.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'

const clientId = 'client'
const url = 'https://hooks.example/'
const writtenAt = new Date('2026-01-01T00:00:00Z')
const box = createSecretBox(randomBytes(32))
let keys: TestKeys
let read: PushRecordReader

beforeAll(async () => {
  keys = await createTestKeys()
  read = createPushRecordReader({
    ...{ verifier: keys.createVerifier(), keys: derivedKeys, box },
  })
})

afterAll(async () => {
  await keys.remove()
})

async function readWith(claim: unknown, message: { messageId?: string } = {}) {
  const rights = claim === undefined ? {} : { 'push-1': claim }
  const token = await issueTestToken(keys, { clientId, rights })
  return read(createVisionRecord({ clientId, token, messageId: 'id', ...message }).value, writtenAt)
}

describe('a record', () => {
  test('is rendered once, for the endpoint that its token names', async () => {
    const secret = createWebhookSecret()
    const record = await readWith({ url, secret, maxRate: 5 })
    expect(record).toMatchObject({
      outcome: 'journal',
      item: {
        messageId: 'id',
        type: 'ocr.v1m0.RecognizedText',
        endpoint: {
          clientId,
          host: 'hooks.example',
          settings: JSON.stringify({ maxRate: 5 }),
        },
      },
    })
    if (record.outcome !== 'journal') throw new Error('unreachable')
    const { sealed, endpoint } = record.item
    const key = derivedKey(clientId)
    expect(openEndpoint(key, endpoint.endpointId, endpoint.sealed)).toEqual({ url, secret })
    expect(JSON.parse(openBody(key, sealed))).toMatchObject({ timestamp: writtenAt.toISOString() })
  })

  test.each([
    ['without a claim', undefined, 'no-claim'],
    ['whose claim has no secret', url, 'claim-malformed'],
    ['whose claim is malformed', { url: 'ftp://x' }, 'claim-malformed'],
    [
      'whose secret is of the wrong kind',
      { url, secret: createWebhookKeyPair().secretKey, signature: 'v1' },
      'claim-malformed',
    ],
    [
      'of a type that is not wanted',
      { url, secret: createWebhookSecret(), types: ['vision.v1m0.ImageProcessed'] },
      'type-unwanted',
    ],
  ])('%s is ignored', async (_name, claim, reason) => {
    await expect(readWith(claim)).resolves.toEqual({ outcome: 'ignore', reason })
  })

  test('carries the wish for batches to the journal', async () => {
    const batch = { maxMessages: 10, maxWaitMs: 100 }
    await expect(readWith({ url, secret: createWebhookSecret(), batch })).resolves.toMatchObject({
      item: { endpoint: { settings: JSON.stringify({ batch }) } },
    })
  })

  test('tells another secret from other settings, without giving the secret away', async () => {
    const [secret, other] = [createWebhookSecret(), createWebhookSecret()]
    const claims = [{ secret }, { secret, maxRate: 5 }, { secret: other, maxRate: 5 }]
    const digests: { all: string; secret: string }[] = []
    for (const claim of claims) {
      const record = await readWith({ url, ...claim })
      if (record.outcome !== 'journal') throw new Error('unreachable')
      const { fingerprint, secretFingerprint } = record.item.endpoint
      digests.push({ all: fingerprint, secret: secretFingerprint })
    }
    expect(new Set(digests.map(({ all }) => all)).size).toBe(3)
    expect(new Set(digests.map((digest) => digest.secret)).size).toBe(2)
    expect(digests[0]?.secret).toBe(digests[1]?.secret)
    expect(JSON.stringify(digests)).not.toContain(secret)
  })

  test('with a text that the journal cannot hold is put aside', async () => {
    const claim = { url, secret: createWebhookSecret() }
    await expect(readWith(claim, { messageId: 'a\0b' })).resolves.toMatchObject({
      outcome: 'reject',
      reason: { code: 'envelope-malformed' },
    })
  })

  test('of any bytes never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (value) => {
        await expect(read(value, writtenAt)).resolves.toMatchObject({ outcome: 'reject' })
      }),
    )
  })

  test('of a client that was erased is neither kept nor put aside', async () => {
    const clientKeys = await createTestClientKeys()
    await clientKeys.erase(clientId)
    const reader = createPushRecordReader({
      ...{ verifier: keys.createVerifier(), keys: clientKeys, box },
    })
    const rights = { 'push-1': { url, secret: createWebhookSecret() } }
    const token = await issueTestToken(keys, { clientId, rights })
    const { value } = createVisionRecord({ clientId, token, messageId: 'id' })
    expect(await reader(value, writtenAt)).toEqual({ outcome: 'ignore', reason: 'client-erased' })
    await clientKeys.remove()
  })

  test('of a client whose key is damaged is put aside, and says which file it is', async () => {
    const clientKeys = await createTestClientKeys()
    await clientKeys.keyFor(clientId)
    const file = keyFileOf(clientKeys.directory, clientId)
    await writeFile(file, '')
    const reader = createPushRecordReader({
      ...{ verifier: keys.createVerifier(), keys: createClientKeys(clientKeys.directory), box },
    })
    const readFor = async (name: string) => {
      const rights = { 'push-1': { url, secret: createWebhookSecret() } }
      const token = await issueTestToken(keys, { clientId: name, rights })
      return reader(createVisionRecord({ clientId: name, token, messageId: 'id' }).value, writtenAt)
    }
    expect(await readFor(clientId)).toEqual({
      outcome: 'reject',
      reason: { code: 'client-key-damaged', detail: expect.stringContaining(file) as unknown },
    })
    expect(await readFor('another')).toMatchObject({ outcome: 'journal' })
    await clientKeys.remove()
  })

  test('waits for keys that cannot be read', async () => {
    const away = await createTestKeys()
    await away.remove()
    const reader = createPushRecordReader({
      ...{ verifier: away.createVerifier(), keys: derivedKeys, box },
    })
    const token = await issueTestToken(keys, { clientId })
    const { value } = createVisionRecord({ clientId, token, messageId: 'id' })
    await expect(reader(value, writtenAt)).rejects.toMatchObject({ retryable: true })
  })
})

describe('the id of an endpoint', () => {
  test('is the same for the same client and URL, however the URL is written', () => {
    expect(endpointIdOf({ clientId, url: 'https://hooks.example' })).toBe(
      endpointIdOf({ clientId, url: 'HTTPS://Hooks.Example:443/' }),
    )
  })

  test('differs by client and by URL', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.webUrl(), (one, other) => {
        const [first, second] = [one, other].map((each) => endpointIdOf({ clientId, url: each }))
        expect(first === second).toBe(new URL(one).href === new URL(other).href)
        expect(first).not.toBe(endpointIdOf({ clientId: 'another', url: one }))
      }),
    )
  })
})
