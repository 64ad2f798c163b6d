import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { claimCatalogue } from '../../../lib/token/claim-schemas.ts'
import { checkClaim, readClaim } from '../../../lib/token/read-claim.ts'
import { createWebhookKeyPair, createWebhookSecret } from '../../../lib/token/webhook-secret.ts'

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'accepted'
  } catch (error) {
    if (error instanceof IpsError) return error.code
    throw error
  }
}

describe('readClaim', () => {
  test('reads true as the defaults', () => {
    expect(readClaim('ingest-1.*', true)).toEqual({})
    expect(readClaim('faceextract-1.0', true)).toEqual({ minConfidence: 0.7 })
    expect(readClaim('ocr-*', true)).toEqual({ minConfidence: 0.5, detectionSide: 960 })
    expect(readClaim('firehose-1.*', true)).toEqual({})
    expect(readClaim('summary-1.*', true)).toEqual({
      windowSeconds: 86_400,
      idleSeconds: 30,
      identityThreshold: 0.42,
    })
  })

  test('reads a webhook given as text as its object form', () => {
    expect(readClaim('push-1', 'https://example.com/hooks?a=b')).toEqual({
      url: 'https://example.com/hooks?a=b',
      signature: 'v1',
    })
  })

  test('reads every setting of the contract', () => {
    const push = {
      url: 'http://127.0.0.1:9999/',
      secret: createWebhookSecret(),
      signature: 'v1',
      maxConcurrency: 4,
      maxRate: 10,
      batch: { maxMessages: 100, maxWaitMs: 500 },
      types: ['ocr.v1m0.RecognizedText'],
    }
    expect(readClaim('push-1', push)).toEqual(push)
    const ocr = { minConfidence: 0.1, detectionSide: 640, regions: [[0, 0, 10, 10]] }
    expect(readClaim('ocr-*', ocr)).toEqual(ocr)
    const ingest = { imagesPerSecond: 0.5, maxBytes: 1_000 }
    expect(readClaim('ingest-1.*', ingest)).toEqual(ingest)
    const faces = { minConfidence: 0.9, maxFaces: 2 }
    expect(readClaim('faceextract-2.*', faces)).toEqual(faces)
  })

  test.each([
    ['ingest-1.*', false],
    ['ingest-1.*', null],
    ['ingest-1.*', 1],
    ['ingest-1.*', { imagesPerSecond: 0 }],
    ['ingest-1.*', { imagesPerSecond: '5' }],
    ['ingest-1.*', { maxBytes: 1.5 }],
    ['ingest-1.*', { unknown: 1 }],
    ['faceextract-1.*', { minConfidence: 1.1 }],
    ['faceextract-1.*', { maxFaces: 0 }],
    ['ocr-*', { regions: [[0, 0, 0, 10]] }],
    ['ocr-*', { regions: [[0, 0, 10]] }],
    ['ocr-*', { detectionSide: 10 }],
    ['summary-1.*', { windowSeconds: 0 }],
    ['firehose-1.*', { maxRate: -1 }],
    ['push-1', true],
    ['push-1', 'example.com'],
    ['push-1', 'ftp://example.com/'],
    ['push-1', 'file:///etc/passwd'],
    ['push-1', 'https://user@example.com/'],
    ['push-1', 'https://:password@example.com/'],
    ['push-1', `https://example.com/${'a'.repeat(2_048)}`],
    ['push-1', { url: 'https://example.com/', signature: 'v2' }],
    ['push-1', { url: 'https://example.com/', batch: { maxMessages: 0, maxWaitMs: 1 } }],
  ] as const)('refuses %s with %j', (claim, value) => {
    expect(codeOf(() => readClaim<keyof typeof claimCatalogue>(claim, value))).toBe(
      'claim-malformed',
    )
  })

  test('wants a secret that fits the signature', () => {
    const url = 'https://example.com/'
    const symmetric = createWebhookSecret()
    const { secretKey, publicKey } = createWebhookKeyPair()
    const codes = (secret: string) => [
      codeOf(() => readClaim('push-1', { url, secret })),
      codeOf(() => readClaim('push-1', { url, secret, signature: 'v1a' })),
    ]
    const neither = ['claim-malformed', 'claim-malformed']
    expect(codes(symmetric)).toEqual(['accepted', 'claim-malformed'])
    expect(codes(secretKey)).toEqual(['claim-malformed', 'accepted'])
    expect(codes(publicKey)).toEqual(neither)
    expect(codes(symmetric.slice('whsec_'.length))).toEqual(neither)
    expect(codes(`whsec_${Buffer.alloc(23).toString('base64')}`)).toEqual(neither)
    expect(codes(`whsec_${Buffer.alloc(65).toString('base64')}`)).toEqual(neither)
    expect(codes(`whsk_${Buffer.alloc(64).toString('base64')}`)).toEqual(neither)
  })

  test('repeats nothing of the value in its reason', () => {
    const secret = 'whsec_abcdefghijkl'
    try {
      readClaim('push-1', { url: 'https://example.com/', secret, signature: secret })
    } catch (error) {
      expect(JSON.stringify([String(error), error])).not.toContain('abcdefghijkl')
    }
    expect.assertions(1)
  })

  test('accepts or refuses anything, without an unexpected error', () => {
    const services = Object.keys(claimCatalogue) as (keyof typeof claimCatalogue)[]
    fc.assert(
      fc.property(fc.constantFrom(...services), fc.anything(), (service, value) => {
        const code = codeOf(() => readClaim(`${service}-1`, value))
        expect(['accepted', 'claim-malformed']).toContain(code)
      }),
    )
  })
})

describe('checkClaim', () => {
  test.each([
    'ingest-1.*',
    'ingest-1.0',
    'faceextract-1.*',
    'faceextract-1.0',
    'faceextract-2.*',
    'faceextract-*',
    'ocr-*',
    'ocr-1.*',
    'summary-1.*',
    'firehose-1.*',
  ])('knows %s', (claim) => {
    expect(codeOf(() => checkClaim(claim, true))).toBe('accepted')
  })

  test.each([
    'ingest',
    'ingest-2.*',
    'ingest-1',
    'faceextract-1.2',
    'faceextract-3.*',
    'speech-1.*',
    'push-2',
    'push-1.*',
    'constructor-1.*',
    'iss',
    '',
  ])('does not know %p', (claim) => {
    expect(codeOf(() => checkClaim(claim, true))).toBe('claim-unknown')
  })

  test('refuses a malformed value', () => {
    expect(codeOf(() => checkClaim('ocr-*', { minConfidence: 2 }))).toBe('claim-malformed')
  })
})
