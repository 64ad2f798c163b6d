import { create, isMessage } from '@bufbuild/protobuf'
import {
  RecognizedTextSchema,
  type RecognizedText,
} from '../../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import { ocr } from '../../../workers/ocr/ocr.ts'
import { loadModels, type LoadedModels } from '../../../workers/vision/load-models.ts'
import { decodeUpright } from '../../../workers/vision/upright-image.ts'
import { modelsDirectory } from '../../support/model-files.ts'

/** Loads the service's models on the CPU. */
export function loadOcrModels(): Promise<LoadedModels> {
  return loadModels({
    directory: modelsDirectory(),
    models: ocr.models,
    texts: ocr.texts ?? [],
    executionProviders: ['cpu'],
  })
}

/** The message for an image file, undefined where there is none. */
export async function readDocument(
  models: LoadedModels,
  content: Uint8Array,
  claimValue: unknown = true,
): Promise<RecognizedText | undefined> {
  const [results = []] = await ocr.process({
    image: await decodeUpright(content),
    requests: [{ version: '1.0', settings: ocr.readSettings(claimValue) }],
    models,
  })
  const [result, ...others] = results
  if (others.length > 0) throw new TypeError('more than one message')
  if (result === undefined) return undefined
  if (!isMessage(result.message, RecognizedTextSchema))
    throw new TypeError(result.message.$typeName)
  return create(RecognizedTextSchema, result.message)
}
