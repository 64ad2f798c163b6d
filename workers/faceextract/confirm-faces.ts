import * as ort from 'onnxruntime-node'
import { squareOf, type FaceBox } from './face-box.ts'
import { resample, type RgbPixels } from './resample.ts'

const side = 48

/**
 * Candidates in one run, the largest first: so few shapes that a GPU, which searches its algorithms anew for each, soon knows
 * them all, and no place of a batch is wasted. On a CPU a batch costs as much as its members one by one.
 */
const batchSizes = [16, 8, 4, 2, 1]

/**
 * Asks a second model, MTCNN's O-Net, how sure it is that each box holds a face: 0 to 1, in the order of `boxes`. It sees
 * the box squared by its height, cut from the full resolution.
 */
export async function confirmFaces(
  session: ort.InferenceSession,
  image: RgbPixels,
  boxes: readonly FaceBox[],
): Promise<number[]> {
  const scores: number[] = []
  while (scores.length < boxes.length) {
    const left = boxes.length - scores.length
    const size = batchSizes.find((possible) => possible <= left) ?? 1
    const batch = boxes.slice(scores.length, scores.length + size)
    const input = new Float32Array(batch.length * side * side * 3)
    batch.forEach((box, index) => {
      writeTransposed(input, index * side * side * 3, resample(image, squareOf(box), side, side))
    })
    const outputs = await session.run(
      { input_3: new ort.Tensor('float32', input, [batch.length, side, side, 3]) },
      ['softmax_2'],
    )
    const pairs = outputs['softmax_2']?.data as Float32Array
    batch.forEach((_, index) => scores.push(pairs[index * 2 + 1] ?? 0))
  }
  return scores
}

/** The model wants x before y, since it was converted from a column-major framework; values (x − 127.5) / 128. */
function writeTransposed(input: Float32Array, offset: number, rgb: Float32Array): void {
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (y * side + x) * 3
      const to = offset + (x * side + y) * 3
      for (let channel = 0; channel < 3; channel++) {
        input[to + channel] = ((rgb[from + channel] ?? 0) - 127.5) / 128
      }
    }
  }
}
