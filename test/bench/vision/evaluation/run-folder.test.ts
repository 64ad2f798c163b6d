import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  chunkOf,
  openRunFolder,
  type RunPlan,
} from '../../../../bench/vision/evaluation/run-folder.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ips-run-'))
})

afterEach(() => rm(folder, { recursive: true }))

const ocr = {
  role: 'vision-ocr',
  ...{ version: '1.0', claimValue: true, summarised: false },
} as const
const plan: RunPlan = {
  folder: '/images',
  images: Array.from({ length: 9 }, (_, at) => `${at}.png`),
  services: [ocr],
  chunkImages: 4,
}
const found = (executionProvider: string) => ({
  ...{ service: 'ocr', version: '1.0', models: [], executionProvider, images: [] },
})

async function recordedIn(run: Awaited<ReturnType<typeof openRunFolder>>) {
  const providers: string[] = []
  for await (const { executionProvider } of run.readAll()) providers.push(executionProvider)
  return providers
}

const few = fc.integer({ min: 1, max: 5 })

describe('chunkOf', () => {
  test('gives every image to every service once, in chunks that fit into an activity', () => {
    fc.assert(
      fc.property(fc.nat(100), few, few, (count, serviceCount, chunkImages) => {
        const images = Array.from({ length: count }, (_, at) => `${at}.jpg`)
        const services = Array.from({ length: serviceCount }, () => ocr)
        const chunks = Array.from(
          { length: Math.ceil(count / chunkImages) * serviceCount },
          (_, chunk) => chunkOf({ images, services, chunkImages }, chunk),
        )
        for (const chunk of chunks) {
          expect(chunk.images.length).toBeGreaterThan(0)
          expect(chunk.images.length).toBeLessThanOrEqual(chunkImages)
        }
        for (const service of services.keys()) {
          const of = chunks.filter((chunk) => chunk.service === service)
          expect(of.flatMap((chunk) => chunk.images)).toEqual(images)
        }
      }),
    )
  })
})

describe('openRunFolder', () => {
  test('opens a chunk until it is recorded, also when the run goes on later', async () => {
    const run = await openRunFolder(folder, plan)
    expect(run.chunks).toBe(3)
    expect(await run.open(2)).toEqual({ service: 0, images: ['8.png'] })
    await run.record(2, found('cpu'))
    expect(await run.open(2)).toBeNull()
    const again = await openRunFolder(folder, plan)
    expect(await again.open(2)).toBeNull()
    expect(await again.open(1)).not.toBeNull()
  })

  test('keeps the first record of a chunk, however many come at once', async () => {
    const run = await openRunFolder(folder, plan)
    await run.record(0, found('first'))
    await Promise.all(['a', 'b', 'c'].map((name) => run.record(0, found(name))))
    await Promise.all(['d', 'd', 'd'].map((name) => run.record(1, found(name))))
    expect(await recordedIn(run)).toEqual(['first', 'd'])
    expect(await readdir(path.join(folder, 'chunks'))).toHaveLength(2)
  })

  test('leaves out what a killed process had begun to write', async () => {
    const run = await openRunFolder(folder, plan)
    await writeFile(path.join(folder, 'chunks', '0000000.json.1.part'), '{"half')
    expect(await recordedIn(run)).toEqual([])
    expect(await run.open(0)).not.toBeNull()
  })

  test.each([
    ['images', { ...plan, images: ['other.png'] }],
    ['settings', { ...plan, services: [{ ...ocr, claimValue: { minConfidence: 0.9 } }] }],
  ])('refuses to mix a run with one of other %s', async (_, other) => {
    await openRunFolder(folder, plan)
    await expect(openRunFolder(folder, other)).rejects.toMatchObject({ code: 'run-differs' })
  })
})
