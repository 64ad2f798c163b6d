import { modelsDirectory } from '../../test/support/model-files.ts'
import type { OcrModels } from '../../workers/ocr/read-text.ts'
import { loadModels } from '../../workers/vision/load-models.ts'
import { installForBench } from './install-for-bench.ts'

/** Models to read text with, by the names that the figures have: those in use, and those before them. */
export async function loadTextModels(): Promise<{ used: OcrModels; former: OcrModels }> {
  return {
    used: await load(modelsDirectory(), 'PP-OCRv6_det_small', 'PP-OCRv6_rec_small'),
    former: await load(await installForBench('former-text-models'), 'PP-OCRv4_det', 'PP-OCRv4_rec'),
  }
}

async function load(directory: string, detector: string, recogniser: string): Promise<OcrModels> {
  const models = await loadModels({
    ...{ directory, models: [detector, recogniser], texts: [recogniser] },
    executionProviders: ['cpu'],
  })
  return {
    detector: models.session(detector),
    recogniser: models.session(recogniser),
    dictionary: models.text(recogniser),
  }
}
