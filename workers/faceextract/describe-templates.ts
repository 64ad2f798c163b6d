import { create } from '@bufbuild/protobuf'
import type * as ort from 'onnxruntime-node'
import { packVector } from '../../lib/envelope/pack-vector.ts'
import { FaceTemplatesSchema } from '../../proto/gen/com/reactivearchitecturecookbook/identity-v1m0_pb.ts'
import type { VisionResult } from '../vision/define-vision-service.ts'
import { alignFace } from './align-face.ts'
import type { DescribedFace } from './face-messages.ts'
import { makeTemplate } from './make-template.ts'
import type { RgbPixels } from './resample.ts'

/**
 * The recogniser, by the first digits of its SHA-256 in the manifest of models, and the version of what is done around it.
 * Templates of two makers have nothing in common: a change to either must change this.
 */
export const templateMaker = 'fr_feature@87aacdfe/1'

/** Templates of one image at most, of its surest faces: five seconds of a core. The faces beyond are compared with none. */
export const maxTemplates = 256

/**
 * A face that must be enlarged more, to some 22 pixels of height, is not compared: of such faces one in five is found again,
 * and one pair in twenty of two people's looks like one.
 */
const maxEnlargement = 5

/** The templates of an image's faces, by their index; none for a face that cannot be compared. */
export type ImageTemplates = ReadonlyMap<number, Uint8Array>

/** Makes the templates of faces, the surest ones first, from the full resolution. */
export async function describeTemplates(
  session: ort.InferenceSession,
  image: RgbPixels,
  faces: readonly DescribedFace[],
): Promise<ImageTemplates> {
  const templates = new Map<number, Uint8Array>()
  for (const [index, { landmarks }] of faces.slice(0, maxTemplates).entries()) {
    const aligned = alignFace(image, landmarks)
    if (aligned === undefined || aligned.scale > maxEnlargement) continue
    templates.set(index, packVector(await makeTemplate(session, aligned)))
  }
  return templates
}

/** Those of the first `count` faces, as an attachment: nothing where there is none. */
export function attachTemplates(templates: ImageTemplates, count: number): VisionResult[] {
  const told = [...templates].filter(([index]) => index < count)
  if (told.length === 0) return []
  const message = create(FaceTemplatesSchema, {
    maker: templateMaker,
    templates: told.map(([index, vector]) => ({ index, vector })),
  })
  return [{ schema: FaceTemplatesSchema, message, attached: true }]
}
