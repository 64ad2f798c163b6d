import * as ort from 'onnxruntime-node'
import { alignedSide, type AlignedFace } from './align-face.ts'
import { evenLight } from './even-light.ts'

const planeSize = alignedSide * alignedSide

/**
 * Makes the vector by which a face is compared with others: the mean of what the recogniser (`fr_feature`) says of the face
 * and of its mirror image, of length 1. The cosine of two such vectors is near 1 for the same person, near 0 for two.
 */
export async function makeTemplate(
  session: ort.InferenceSession,
  { rgb }: AlignedFace,
): Promise<Float32Array> {
  const lit = evenLight(rgb)
  const face = await embedFace(session, lit, false)
  const mirrored = await embedFace(session, lit, true)
  return normalised(face.map((component, index) => component + (mirrored[index] ?? 0)))
}

/** What the recogniser says of an aligned, evenly lit face or of its mirror image: a vector of length 1. */
export async function embedFace(
  session: ort.InferenceSession,
  rgb: Float32Array,
  isMirrored: boolean,
): Promise<Float32Array> {
  const planes = new Float32Array(3 * planeSize)
  fillPlanes(planes, rgb, isMirrored)
  const input = new ort.Tensor('float32', planes, [1, 3, alignedSide, alignedSide])
  const { output } = await session.run({ input })
  return normalised(output?.data as Float32Array)
}

/** The model's input: three planes of (x − 127) / 128. */
function fillPlanes(planes: Float32Array, rgb: Float32Array, isMirrored: boolean): void {
  for (let row = 0; row < alignedSide; row++) {
    for (let column = 0; column < alignedSide; column++) {
      const from = (row * alignedSide + (isMirrored ? alignedSide - 1 - column : column)) * 3
      const to = row * alignedSide + column
      for (let channel = 0; channel < 3; channel++) {
        planes[to + channel * planeSize] = ((rgb[from + channel] ?? 0) - 127) / 128
      }
    }
  }
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, component) => sum + component * component, 0))
  return vector.map((component) => (length === 0 ? 0 : component / length))
}
