import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import sharp from 'sharp'
import { createTestClient, type TestClient } from '../support/client.ts'
import { startSystem, type System } from '../support/system.ts'
import { readSample, samplePhotos } from '../workers/faceextract/sample-photos.ts'

const startTimeoutMs = 180_000
const resultsTimeoutMs = 120_000

const photo = 'sample3.jpg'
const faces = samplePhotos.find(({ file }) => file === photo)?.faces ?? []

interface Summary {
  readonly revision: number
  readonly people: readonly {
    readonly personId: string
    readonly margin?: number
    readonly faces: readonly {
      readonly imageId: string
      readonly index: number
      readonly similarity: number
      readonly boundingBox: { left: number; width: number }
    }[]
  }[]
}

describe('people who are in two photos of a transaction', () => {
  let system: System
  let client: TestClient
  const imageIds: string[] = []

  const post = async (content: Buffer) => {
    imageIds.push((await client.post('handover-4', content)).imageId)
  }

  /** The summary as soon as it tells of this many images. */
  const untilImages = async (count: number) => {
    const told = ({ people }: Summary) =>
      new Set(people.flatMap((person) => person.faces.map(({ imageId }) => imageId)))
    const summaries = () =>
      client.receiver.received
        .filter(({ type }) => type === 'summary.v1m0.TransactionSummary')
        .map(({ data }) => data as unknown as Summary)
        .filter((summary) => told(summary).size === count)
    await client.receiver.waitFor(() => summaries().length > 0, resultsTimeoutMs)
    return summaries()[0] ?? { revision: 0, people: [] }
  }

  beforeAll(async () => {
    system = await startSystem()
    client = await createTestClient(system, 'handover', {
      claims: ['faceextract-1.*=true', 'ingest-1.*=true', 'summary-1.*={"idleSeconds":1}'],
    })
  }, startTimeoutMs)

  afterAll(async () => {
    await client.receiver.close()
    await system.stop()
  }, 60_000)

  it(
    'are one person each, with the same ids in the next revision, and never two faces of one photo',
    async () => {
      await post(await readSample(photo))
      const before = await untilImages(1)
      expect(before.people).toHaveLength(faces.length)
      await post(await varyPhoto(await readSample(photo)))
      const after = await untilImages(2)
      expect(after.revision).toBeGreaterThan(before.revision)
      expect(after.people.map(({ faces: found }) => found.length)).toEqual(faces.map(() => 2))
      expect(new Set(after.people.map(({ personId }) => personId))).toEqual(
        new Set(before.people.map(({ personId }) => personId)),
      )
      for (const { faces: found, margin } of after.people) {
        expect(new Set(found.map(({ imageId }) => imageId))).toEqual(new Set(imageIds))
        expect(margin).toBeGreaterThan(0)
        expect(new Set(found.map(placeOf)).size).toBe(1)
        for (const { similarity } of found) expect(similarity).toBeGreaterThan(0.42)
      }
    },
    2 * resultsTimeoutMs,
  )

  it('are told to clients without what they are compared by', () => {
    const bodies = JSON.stringify(client.receiver.received.map(({ data }) => data))
    expect(client.receiver.received.map(({ type }) => type)).toContain('vision.v1m0.ImageProcessed')
    expect(bodies).not.toMatch(/template|vector|attachment|fr_feature@/i)
  })

  /** Which of the photo's faces it is, from the left: the variation is narrower, yet moves nobody past another. */
  function placeOf({ imageId, boundingBox }: Summary['people'][number]['faces'][number]): number {
    const width = imageId === imageIds[0] ? 1920 : variedWidth
    const x = (boundingBox.left + boundingBox.width / 2) / width
    const distances = faces.map(({ left, width: own }) => Math.abs((left + own / 2) / 1920 - x))
    return distances.indexOf(Math.min(...distances))
  }
})

const variedWidth = 1100

/** As if taken by another camera: smaller, darker, a little out of focus, and badly compressed. */
function varyPhoto(content: Buffer): Promise<Buffer> {
  return sharp(content)
    .resize(variedWidth)
    .modulate({ brightness: 0.75, saturation: 0.7 })
    .blur(1)
    .jpeg({ quality: 45 })
    .toBuffer()
}
