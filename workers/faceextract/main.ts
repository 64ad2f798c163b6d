import { visionRole } from '../vision/vision-role.ts'
import { faceextract } from './faceextract.ts'

/** Finds faces in every image whose token asks for them. */
export const role = visionRole({
  name: 'vision-faceextract',
  service: faceextract,
  module: new URL('./faceextract.ts', import.meta.url),
})
