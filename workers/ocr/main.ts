import { visionRole } from '../vision/vision-role.ts'
import { ocr } from './ocr.ts'

/** Reads text in every image whose token asks for it. */
export const role = visionRole({
  name: 'vision-ocr',
  service: ocr,
  module: new URL('./ocr.ts', import.meta.url),
})
