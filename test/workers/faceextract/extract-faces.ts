import { create, isMessage } from '@bufbuild/protobuf'
import {
  ExtractedFaceSchema,
  type ExtractedFace,
} from '../../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m1_pb.ts'
import { overlapOf, type FaceBox } from '../../../workers/faceextract/face-box.ts'
import { faceextract } from '../../../workers/faceextract/faceextract.ts'
import type { VisionResult } from '../../../workers/vision/define-vision-service.ts'
import { loadModels, type LoadedModels } from '../../../workers/vision/load-models.ts'
import { decodeUpright } from '../../../workers/vision/upright-image.ts'
import { modelsDirectory } from '../../support/model-files.ts'

/** Loads the service's models on the CPU. */
export function loadFaceModels(): Promise<LoadedModels> {
  return loadModels({
    directory: modelsDirectory(),
    models: faceextract.models,
    executionProviders: ['cpu'],
  })
}

/** Runs the service on an image file for these versions and claims. */
export async function runService(
  models: LoadedModels,
  content: Uint8Array,
  requests: readonly (readonly [version: string, claimValue: unknown])[],
): Promise<readonly (readonly VisionResult[])[]> {
  return faceextract.process({
    image: await decodeUpright(content),
    models,
    requests: requests.map(([version, claimValue]) => ({
      version,
      settings: faceextract.readSettings(claimValue),
    })),
  })
}

/** The faces of version 1.1 for a claim. */
export async function extractFaces(
  models: LoadedModels,
  content: Uint8Array,
  claimValue: unknown = true,
): Promise<ExtractedFace[]> {
  const [results = []] = await runService(models, content, [['1.1', claimValue]])
  return results.map(({ message }) => {
    if (!isMessage(message, ExtractedFaceSchema)) throw new TypeError(message.$typeName)
    return create(ExtractedFaceSchema, message)
  })
}

/** The box of a message. */
export function boxOf({ boundingBox }: ExtractedFace): FaceBox {
  if (boundingBox === undefined) throw new TypeError('the face has no box')
  const { left, top, width, height } = boundingBox
  return { left, top, width, height }
}

/** How well the best of the found faces matches `face`: intersection over union. */
export function bestOverlap(face: FaceBox, found: readonly ExtractedFace[]): number {
  return Math.max(0, ...found.map((other) => overlapOf(face, boxOf(other))))
}
