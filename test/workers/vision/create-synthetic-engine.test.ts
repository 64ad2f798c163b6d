import { describe, expect, test } from '@jest/globals'
import { fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { shortTypeName } from '../../../lib/envelope/payload-registry.ts'
import { faceextract } from '../../../workers/faceextract/faceextract.ts'
import { ocr } from '../../../workers/ocr/ocr.ts'
import type { VisionService } from '../../../workers/vision/define-vision-service.ts'
import { createSyntheticEngine } from '../../../workers/vision/create-synthetic-engine.ts'

const services = [faceextract, ocr] as VisionService<unknown>[]
const never = new AbortController().signal
const imageIds = fc.stringMatching(/^[0-9a-f]{32}$/)

function inferAll(service: VisionService<unknown>, imageId: string) {
  const requests = service.versions.map(({ version }) => ({ version, settings: {} }))
  return createSyntheticEngine(service).infer(
    { imageId, content: Buffer.alloc(0), requests },
    never,
  )
}

describe('createSyntheticEngine', () => {
  test.each(services.map((service) => [service.name, service] as const))(
    'answers for %s with messages of the protocol, the same for the same image',
    async (_name, service) => {
      await fc.assert(
        fc.asyncProperty(imageIds, async (imageId) => {
          const results = await inferAll(service, imageId)
          expect(await inferAll(service, imageId)).toEqual(results)
          expect(results).toHaveLength(service.versions.length)
          for (const [index, { output, maxResults }] of service.versions.entries()) {
            expect(results[index]?.length ?? 0).toBeLessThanOrEqual(maxResults ?? 3)
            for (const { typeUrl, value } of results[index] ?? []) {
              expect(output.typeName).toMatch(new RegExp(`${shortTypeName(typeUrl)}$`))
              expect(() => fromBinary(output, value)).not.toThrow()
            }
          }
        }),
        { numRuns: 30 },
      )
    },
  )

  test('finds something in some images, and nothing in others', async () => {
    const counts = new Set<number>()
    for (let index = 0; index < 40; index += 1) {
      const [faces] = await inferAll(faceextract, String(index))
      counts.add(faces?.length ?? 0)
    }
    expect(counts).toEqual(new Set([0, 1, 2, 3]))
  })

  test('has no models, and no answers to other questions', async () => {
    const engine = createSyntheticEngine(ocr)
    expect(engine.description).toEqual({ models: [], executionProvider: 'synthetic' })
    await expect(engine.ask('anything', {}, never)).rejects.toMatchObject({
      code: 'question-synthetic',
    })
  })
})
