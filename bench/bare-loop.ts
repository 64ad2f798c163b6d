import { readFile } from 'node:fs/promises'
import type { VisionService } from '../workers/vision/define-vision-service.ts'
import { loadModels } from '../workers/vision/load-models.ts'
import { decodeUpright } from '../workers/vision/upright-image.ts'
import { faceextract } from '../workers/faceextract/faceextract.ts'
import { ocr } from '../workers/ocr/ocr.ts'

/**
 * The baseline of bench/pipeline.ts, one process of it: works on photos with the same models and functions as the
 * services, and with nothing else: no HTTP, no Kafka, no tokens, no journal. Arguments: the models' folder, how many
 * images, and the photos, which are taken in turn. Says `ready`, waits for a line, works, says `done`.
 */
async function main([directory = '', count = '0', ...files]: readonly string[]): Promise<void> {
  const photos = await Promise.all(files.map((file) => readFile(file)))
  const run = [await prepare(faceextract, '1.1', directory), await prepare(ocr, '1.0', directory)]
  for (const photo of photos.slice(0, 1)) for (const work of run) await work(photo)
  process.stdout.write('ready\n')
  await new Promise((resolve) => process.stdin.once('data', resolve))
  for (let index = 0; index < Number(count); index += 1) {
    const photo = photos[index % photos.length]
    if (photo === undefined) throw new Error('no photos')
    for (const work of run) await work(photo)
  }
  process.stdout.write('done\n')
  process.exit(0)
}

async function prepare<Settings>(
  service: VisionService<Settings>,
  version: string,
  directory: string,
) {
  const models = await loadModels({
    directory,
    models: service.models,
    texts: service.texts ?? [],
    executionProviders: ['cpu'],
  })
  const requests = [{ version, settings: service.readSettings(true) }]
  return async (content: Buffer) => {
    await service.process({
      image: await decodeUpright(content),
      requests,
      models,
      summarised: true,
    })
  }
}

await main(process.argv.slice(2))
