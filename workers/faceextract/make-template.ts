import * as ort from 'onnxruntime-node'
import { alignedSide, type AlignedFace } from './align-face.ts'

const planeSize = alignedSide * alignedSide

/**
 * Makes the vector by which a face is compared with others: the mean of what the recogniser (`fr_feature`) says of the face
 * and of its mirror image, of length 1. The cosine of two such vectors is near 1 for the same person, near 0 for two.
 */
export async function makeTemplate(
  session: ort.InferenceSession,
  { rgb }: AlignedFace,
): Promise<Float32Array> {
  const planes = new Float32Array(3 * planeSize)
  const input = new ort.Tensor('float32', planes, [1, 3, alignedSide, alignedSide])
  fillPlanes(planes, rgb, false)
  const face = await embed(session, input)
  fillPlanes(planes, rgb, true)
  const mirrored = await embed(session, input)
  return normalised(face.map((component, index) => component + (mirrored[index] ?? 0)))
}

/** The model's input: three planes of (x − 127) / 128. */
function fillPlanes(planes: Float32Array, rgb: Float32Array, mirrored: boolean): void {
  for (let row = 0; row < alignedSide; row++) {
    for (let column = 0; column < alignedSide; column++) {
      const from = (row * alignedSide + (mirrored ? alignedSide - 1 - column : column)) * 3
      const to = row * alignedSide + column
      for (let channel = 0; channel < 3; channel++) {
        planes[to + channel * planeSize] = ((rgb[from + channel] ?? 0) - 127) / 128
      }
    }
  }
}

async function embed(session: ort.InferenceSession, input: ort.Tensor): Promise<Float32Array> {
  const { output } = await session.run({ input })
  return normalised(output?.data as Float32Array)
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, component) => sum + component * component, 0))
  return vector.map((component) => (length === 0 ? 0 : component / length))
}
