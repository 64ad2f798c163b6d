import * as ort from 'onnxruntime-node'
import type { Detection } from './face-box.ts'
import { inputHeight, inputWidth } from './plan-tiles.ts'
import type { RgbPixels } from './resample.ts'

/** Finds faces in one window of the size of the model's input. */
export interface FaceDetector {
  /**
   * Runs the model on the window of `canvas` whose corner is (`left`, `top`); what lies outside the canvas is grey. Returns
   * every anchor of at least `minScore`, in pixels of the canvas, unsuppressed. Calls must not overlap: the buffers are
   * shared.
   */
  detect(canvas: RgbPixels, left: number, top: number): Promise<Detection[]>
}

/** The model is sure of nothing below this; lower scores would only feed the suppression of overlaps. */
export const minScore = 0.5

const planeSize = inputWidth * inputHeight
const anchors = 4420

/** (x − 127) / 128, as UltraFace was trained. */
const normalised = Float32Array.from({ length: 256 }, (_, value) => (value - 127) / 128)

/** Wraps UltraFace RFB-320 (`fr_detect`), with buffers that all windows of an image share. */
export function createFaceDetector(session: ort.InferenceSession): FaceDetector {
  const planes = new Float32Array(3 * planeSize)
  const input = new ort.Tensor('float32', planes, [1, 3, inputHeight, inputWidth])
  const scores = new Float32Array(anchors * 2)
  const boxes = new Float32Array(anchors * 4)
  const outputs = {
    scores: new ort.Tensor('float32', scores, [1, anchors, 2]),
    boxes: new ort.Tensor('float32', boxes, [1, anchors, 4]),
  }
  return {
    async detect(canvas, left, top) {
      fillPlanes(planes, canvas, left, top)
      await session.run({ input }, outputs)
      return decodeDetections(scores, boxes, left, top)
    },
  }
}

/** Writes a window as three planes; the model knows 0 as grey. */
function fillPlanes(planes: Float32Array, canvas: RgbPixels, left: number, top: number): void {
  const width = Math.min(inputWidth, canvas.width - left)
  const height = Math.min(inputHeight, canvas.height - top)
  if (width < inputWidth || height < inputHeight) planes.fill(0)
  for (let row = 0; row < height; row++) {
    let from = ((top + row) * canvas.width + left) * 3
    let to = row * inputWidth
    for (const end = to + width; to < end; to++, from += 3) {
      planes[to] = normalised[canvas.pixels[from] ?? 0] ?? 0
      planes[to + planeSize] = normalised[canvas.pixels[from + 1] ?? 0] ?? 0
      planes[to + 2 * planeSize] = normalised[canvas.pixels[from + 2] ?? 0] ?? 0
    }
  }
}

/**
 * Reads the model's outputs: per anchor a pair of scores, the second a face's, and corners normalised to the window. Boxes
 * without area are left out.
 */
export function decodeDetections(
  scores: Float32Array,
  boxes: Float32Array,
  left: number,
  top: number,
): Detection[] {
  const found: Detection[] = []
  for (let anchor = 0; anchor * 2 < scores.length; anchor++) {
    const score = scores[anchor * 2 + 1] ?? 0
    if (score < minScore) continue
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.subarray(anchor * 4, anchor * 4 + 4)
    if (x2 <= x1 || y2 <= y1) continue
    found.push({
      score,
      box: {
        left: left + x1 * inputWidth,
        top: top + y1 * inputHeight,
        width: (x2 - x1) * inputWidth,
        height: (y2 - y1) * inputHeight,
      },
    })
  }
  return found
}
