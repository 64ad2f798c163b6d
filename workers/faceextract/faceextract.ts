import { defineVisionService } from '../vision/define-vision-service.ts'
import type { UprightImage } from '../vision/upright-image.ts'
import type { LoadedModels } from '../vision/load-models.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { cropFace, cropSideFor } from './crop-face.ts'
import { attachTemplates, describeTemplates, type ImageTemplates } from './describe-templates.ts'
import { faceVersions, type DescribedFace } from './face-messages.ts'
import { readFaceSettings, type FaceSettings } from './face-settings.ts'
import { findFaces, type FoundFace } from './find-faces.ts'
import { locateLandmarks } from './locate-landmarks.ts'

/**
 * Finds faces: a detector on the whole image and on tiles, a second model that confirms, landmarks and crops. All versions
 * share the work; a face has the same index, box and crop in each, whatever else is asked for. Where a summary will be made of
 * the image, what its faces are compared by is attached.
 */
export const faceextract = defineVisionService<FaceSettings>({
  name: 'faceextract',
  versions: faceVersions.map(({ write: _write, ...served }) => served),
  models: ['fr_detect', 'fr_landmark', 'onet', 'fr_feature'],
  readSettings: readFaceSettings,
  async process({ image, requests, models, summarised = false }) {
    const found = await findFaces(image, {
      detector: models.session('fr_detect'),
      confirmer: models.session('onet'),
    })
    const wanted = requests.map(({ settings }) => countWanted(found, settings))
    const faces = await describeFaces(image, found, Math.max(0, ...wanted), models)
    const templates: ImageTemplates = summarised
      ? await describeTemplates(models.session('fr_feature'), image, faces)
      : new Map()
    const { width: imageWidth, height: imageHeight } = image
    return requests.map(({ version }, index) => [
      ...writerOf(version)({ faces: faces.slice(0, wanted[index]), imageWidth, imageHeight }),
      ...attachTemplates(templates, wanted[index] ?? 0),
    ])
  },
})

/** Faces come surest first, so that those wanted are the first ones. */
function countWanted(found: readonly FoundFace[], settings: FaceSettings): number {
  const sure = found.filter(({ confidence }) => confidence >= settings.minConfidence)
  return Math.min(sure.length, settings.maxFaces)
}

async function describeFaces(
  image: UprightImage,
  found: readonly FoundFace[],
  count: number,
  models: LoadedModels,
): Promise<DescribedFace[]> {
  // By all faces, wanted or not: a crop must not depend on what else is asked for.
  const cropSide = cropSideFor(found.length)
  const described: DescribedFace[] = []
  for (const face of found.slice(0, count)) {
    const landmarks = await locateLandmarks(models.session('fr_landmark'), image, face.box)
    described.push({ ...face, landmarks, crop: await cropFace(image, face.box, cropSide) })
  }
  return described
}

function writerOf(version: string) {
  const served = faceVersions.find((known) => known.version === version)
  if (served === undefined) {
    throw new IpsError('version-unknown', `faceextract does not serve version ${version}`)
  }
  return served.write
}
