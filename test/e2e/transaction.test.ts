import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createTestClient, type TestClient } from '../support/client.ts'
import { renderDocument } from '../support/render-document.ts'
import { startSystem, type System } from '../support/system.ts'
import type { ReceivedWebhook } from '../../workers/probe/start-receiver.ts'
import { readSample, samplePhotos } from '../workers/faceextract/sample-photos.ts'

const startTimeoutMs = 180_000
const resultsTimeoutMs = 120_000
const maxCharacterErrorRate = 0.03

const lines = ['DELIVERY NOTE 4711', 'Jane Miller', '12 Station Road', 'Received in good order']

/** 1 face service version and ocr: the terminal messages of one image under the default claims. */
const terminalsPerImage = 2

/** Webhooks are not in the order of their making: a summary may arrive before what it sums up. */
function isWhole(webhooks: readonly ReceivedWebhook[]): boolean {
  const countOf = (wanted: string) => webhooks.filter(({ type }) => type === wanted).length
  return (
    countOf('summary.v1m0.TransactionSummary') > 0 &&
    countOf('ocr.v1m0.RecognizedText') > 0 &&
    countOf('vision.v1m0.ImageProcessed') >= (samplePhotos.length + 1) * terminalsPerImage &&
    countOf('faceextract.v1m1.ExtractedFace') >=
      samplePhotos.reduce((sum, { faces }) => sum + faces.length, 0)
  )
}

interface Summary {
  readonly state: string
  readonly revision: number
  readonly images: readonly {
    imageId: string
    services: readonly { service: string; version: string }[]
  }[]
  readonly texts: readonly { imageId: string; text: string }[]
  readonly people: readonly { faces: readonly { imageId: string; index: number }[] }[]
  readonly missing: readonly unknown[]
  readonly missingImages: number
}

describe('a transaction of photos and a document', () => {
  let system: System
  let client: TestClient
  let received: readonly ReceivedWebhook[]
  const imageIds = new Map<string, string>()

  beforeAll(async () => {
    system = await startSystem()
    client = await createTestClient(system, 'parcels')
    const images = samplePhotos.length + 1
    for (const photo of samplePhotos) {
      const { imageId } = await client.post('case-17', await readSample(photo.file), images)
      imageIds.set(photo.file, imageId)
    }
    const document = await renderDocument({
      width: 900,
      height: 600,
      items: lines.map((text, index) => ({ text, x: 80, y: 120 + index * 90, size: 40 })),
    })
    imageIds.set('document', (await client.post('case-17', document, images)).imageId)
    await client.receiver.waitFor(isWhole, resultsTimeoutMs)
    received = client.receiver.received
  }, startTimeoutMs + resultsTimeoutMs)

  afterAll(async () => {
    await client.receiver.close()
    await system.stop()
  }, 60_000)

  const ofImage = (imageId: string | undefined, type: string) =>
    received.filter((webhook) => webhook.imageId === imageId && webhook.type === type)

  const summary = () => {
    const [webhook] = received.filter(({ type }) => type === 'summary.v1m0.TransactionSummary')
    return webhook?.data as unknown as Summary
  }

  it('gives every face of every photo, where it is', () => {
    for (const photo of samplePhotos) {
      const faces = ofImage(imageIds.get(photo.file), 'faceextract.v1m1.ExtractedFace')
      expect({ file: photo.file, faces: faces.length }).toEqual({
        file: photo.file,
        faces: photo.faces.length,
      })
    }
  })

  it('finds no face in the document', () => {
    expect(ofImage(imageIds.get('document'), 'faceextract.v1m1.ExtractedFace')).toEqual([])
  })

  it('reads the document', () => {
    const [webhook] = ofImage(imageIds.get('document'), 'ocr.v1m0.RecognizedText')
    const text = String(webhook?.data['text'])
    const expected = lines.join('\n')
    expect(editDistance(text, expected) / expected.length).toBeLessThan(maxCharacterErrorRate)
  })

  it('ends each image once for each service', () => {
    const terminals = received.filter(({ type }) => type === 'vision.v1m0.ImageProcessed')
    expect(terminals).toHaveLength((samplePhotos.length + 1) * terminalsPerImage)
    const distinct = new Set(
      terminals.map(({ imageId, data }) =>
        JSON.stringify([imageId, data['service'], data['version']]),
      ),
    )
    expect(distinct.size).toBe(terminals.length)
    expect(terminals.filter(({ data }) => data['failure'] !== undefined)).toEqual([])
    expect(terminals.every(({ data }) => data['executionProvider'] === 'cpu')).toBe(true)
  })

  it('announces in the terminal message how many results came before it', () => {
    for (const photo of samplePhotos) {
      const terminal = ofImage(imageIds.get(photo.file), 'vision.v1m0.ImageProcessed').find(
        ({ data }) => data['service'] === 'faceextract',
      )
      expect(terminal?.data).toMatchObject({ version: '1.1', results: photo.faces.length })
    }
  })

  it('sums the transaction up as complete', () => {
    expect(summary()).toMatchObject({
      state: 'STATE_COMPLETE',
      revision: 1,
      missing: [],
      missingImages: 0,
    })
    expect(summary().images.map(({ imageId }) => imageId)).toEqual([...imageIds.values()].sort())
    expect(summary().texts.map(({ imageId }) => imageId)).toContain(imageIds.get('document'))
  })

  it('puts each face in exactly one person of the summary', () => {
    const faces = summary().people.flatMap((person) =>
      person.faces.map(({ imageId, index }) => `${imageId} ${index}`),
    )
    const expected = samplePhotos.reduce((sum, photo) => sum + photo.faces.length, 0)
    expect(faces).toHaveLength(expected)
    expect(new Set(faces).size).toBe(expected)
  })

  it('signs every webhook and sends each message once', () => {
    expect(client.receiver.refused).toBe(0)
    expect(new Set(received.map(({ id }) => id)).size).toBe(received.length)
  })

  it('carries one trace from each POST to its webhooks', () => {
    for (const imageId of imageIds.values()) {
      const traces = received
        .filter((webhook) => webhook.imageId === imageId)
        .map(({ headers }) => String(headers['traceparent']).split('-')[1])
      expect(new Set(traces).size).toBe(1)
      expect(traces[0]).toMatch(/^[0-9a-f]{32}$/)
    }
  })

  it('gives the same ids when the same image is posted again', async () => {
    const [photo] = samplePhotos
    if (photo === undefined) throw new Error('no sample photo')
    const { imageId } = await client.post('case-17', await readSample(photo.file))
    expect(imageId).toBe(imageIds.get(photo.file))
  })
})

/** Levenshtein's distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [i, letter] of Array.from(one).entries()) {
    const next = [i + 1]
    for (const [j, otherLetter] of Array.from(other).entries()) {
      const substitution = (row[j] ?? 0) + (letter === otherLetter ? 0 : 1)
      next.push(Math.min(substitution, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
