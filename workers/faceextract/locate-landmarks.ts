import * as ort from 'onnxruntime-node'
import { roundPixels, squareOf, type FaceBox, type Point } from './face-box.ts'
import { resample, type RgbPixels } from './resample.ts'

const side = 64

/** The five points as means of the usual 68, counted from 0: the eyes without their corners, the nose's tip, the mouth's corners. */
const fivePoints: readonly (readonly number[])[] = [
  [37, 38, 40, 41],
  [43, 44, 46, 47],
  [30],
  [48, 60],
  [54, 64],
]

/**
 * Locates five points of a face in pixels of the image: the eye at the image's left, the eye at its right, the nose's tip, the
 * corner of the mouth at the left, the one at the right; a point that the image cuts off lies on its edge. The model (`fr_landmark`) sees the box squared by its height.
 */
export async function locateLandmarks(
  session: ort.InferenceSession,
  image: RgbPixels,
  box: FaceBox,
): Promise<Point[]> {
  const square = squareOf(box)
  const input = new ort.Tensor('float32', toGrey(resample(image, square, side, side)), [
    1,
    1,
    side,
    side,
  ])
  const { output } = await session.run({ input })
  const points = output?.data as Float32Array
  return fivePoints.map((members) => {
    const mean = (axis: number) =>
      members.reduce((sum, at) => sum + (points[at * 2 + axis] ?? 0), 0) / members.length
    return {
      x: within(square.left + mean(0) * square.width, image.width),
      y: within(square.top + mean(1) * square.height, image.height),
    }
  })
}

function within(value: number, limit: number): number {
  return roundPixels(Math.min(limit, Math.max(0, value)))
}

/** ITU-R BT.601 luma, 0 to 1: what the model was trained on. */
function toGrey(rgb: Float32Array): Float32Array {
  return Float32Array.from({ length: rgb.length / 3 }, (_, pixel) => {
    const at = pixel * 3
    const [red = 0, green = 0, blue = 0] = [rgb[at], rgb[at + 1], rgb[at + 2]]
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 256
  })
}
