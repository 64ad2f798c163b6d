import { Tensor, type InferenceSession } from 'onnxruntime-node'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { UprightImage } from '../vision/upright-image.ts'
import { createDetectorInput } from './detector-input.ts'
import type { RotatedRectangle } from './rotated-rectangle.ts'
import { findTextRectangles } from './text-rectangles.ts'

/**
 * Finds the rectangles round the lines of text in an image, in its pixels. `longerSide` is what its longer side is
 * scaled down to.
 */
export async function detectText(
  session: InferenceSession,
  image: UprightImage,
  longerSide: number,
): Promise<readonly RotatedRectangle[]> {
  const input = await createDetectorInput(image, longerSide)
  const tensor = new Tensor('float32', input.data, [1, 3, input.height, input.width])
  const output = (await session.run({ x: tensor }))[session.outputNames[0] ?? '']
  if (
    !(output?.data instanceof Float32Array) ||
    output.data.length !== input.width * input.height
  ) {
    throw new IpsError(
      'model-unavailable',
      'the detector does not give a probability for each pixel',
    )
  }
  // One scale for both axes keeps a rectangle a rectangle; the two differ by less than a pixel of the input.
  const scale = (input.scaleX + input.scaleY) / 2
  return findTextRectangles(output.data, input.width, input.height).map((rectangle) => ({
    x: rectangle.x / input.scaleX,
    y: rectangle.y / input.scaleY,
    width: rectangle.width / scale,
    height: rectangle.height / scale,
    angle: rectangle.angle,
  }))
}
