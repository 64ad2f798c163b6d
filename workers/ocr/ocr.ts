import { RecognizedTextSchema } from '../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import { defineVisionService, type VisionResult } from '../vision/define-vision-service.ts'
import type { LoadedModels } from '../vision/load-models.ts'
import type { UprightImage } from '../vision/upright-image.ts'
import { readOcrSettings, type OcrSettings } from './ocr-settings.ts'
import { readText } from './read-text.ts'
import { createRecognizedText } from './recognized-text.ts'

/** Reads printed text: finds its lines, reads each, and brings them into reading order. */
export const ocr = defineVisionService<OcrSettings>({
  name: 'ocr',
  versions: [{ version: '1.0', output: RecognizedTextSchema, maxResults: 1 }],
  models: ['PP-OCRv6_det_small', 'PP-OCRv6_rec_small'],
  texts: ['PP-OCRv6_rec_small'],
  readSettings: readOcrSettings,
  async process({ image, requests, models }) {
    const results: (readonly VisionResult[])[] = []
    for (const { settings } of requests) results.push(await recognise(image, settings, models))
    return results
  },
})

async function recognise(
  image: UprightImage,
  settings: OcrSettings,
  models: LoadedModels,
): Promise<readonly VisionResult[]> {
  const columns = await readText(image, settings, {
    detector: models.session('PP-OCRv6_det_small'),
    recogniser: models.session('PP-OCRv6_rec_small'),
    dictionary: models.text('PP-OCRv6_rec_small'),
  })
  if (columns.length === 0) return []
  return [
    {
      schema: RecognizedTextSchema,
      message: createRecognizedText(columns, image.width, image.height),
    },
  ]
}
