import type { FaceBox } from './face-box.ts'

/** Interleaved pixels, three bytes each, rows from the top. */
export interface RgbPixels {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** What one output sample takes from the source: `weights[i]` of the pixel `first + i`. */
interface Tap {
  readonly first: number
  readonly weights: readonly number[]
}

/**
 * Cuts `region` (fractional, and partly or wholly outside the image if need be) and resamples it to `width` × `height`:
 * by area when it shrinks, linearly when it grows. Returns interleaved values from 0 to 255; what lies outside the image is
 * black. Deterministic; the intermediate is at most `width` × the region's rows.
 */
export function resample(
  image: RgbPixels,
  region: FaceBox,
  width: number,
  height: number,
): Float32Array {
  const columns = tapsOf(region.left, region.width, width, image.width)
  const rows = tapsOf(region.top, region.height, height, image.height)
  const { firstRow, lines } = shrinkLines(image, columns, rows)
  const stride = width * 3
  const result = new Float32Array(stride * height)
  rows.forEach((tap, row) => {
    const to = row * stride
    tap.weights.forEach((weight, index) => {
      const from = (tap.first - firstRow + index) * stride
      for (let at = 0; at < stride; at++) {
        result[to + at] = (result[to + at] ?? 0) + weight * (lines[from + at] ?? 0)
      }
    })
  })
  return result
}

/** Resamples horizontally each row that any output row needs. */
function shrinkLines(image: RgbPixels, columns: readonly Tap[], rows: readonly Tap[]) {
  const used = rows.filter(({ weights }) => weights.length > 0)
  const firstRow = Math.min(...used.map(({ first }) => first))
  const endRow = Math.max(...used.map(({ first, weights }) => first + weights.length))
  if (used.length === 0) return { firstRow: 0, lines: new Float32Array(0) }
  const lines = new Float32Array((endRow - firstRow) * columns.length * 3)
  let to = 0
  for (let row = firstRow; row < endRow; row++) {
    const start = row * image.width * 3
    for (const { first, weights } of columns) {
      let from = start + first * 3
      let red = 0
      let green = 0
      let blue = 0
      for (const weight of weights) {
        red += weight * (image.pixels[from] ?? 0)
        green += weight * (image.pixels[from + 1] ?? 0)
        blue += weight * (image.pixels[from + 2] ?? 0)
        from += 3
      }
      lines[to++] = red
      lines[to++] = green
      lines[to++] = blue
    }
  }
  return { firstRow, lines }
}

/** The taps of one axis; weights of pixels outside the image are left out, so that they count as black. */
function tapsOf(start: number, extent: number, samples: number, limit: number): Tap[] {
  const step = extent / samples
  return Array.from({ length: samples }, (_, index) => {
    const from = start + index * step
    return step >= 1 ? areaTap(from, step, limit) : linearTap(from + step / 2, limit)
  })
}

function areaTap(from: number, step: number, limit: number): Tap {
  const first = Math.max(0, Math.floor(from))
  const end = Math.min(limit, Math.ceil(from + step))
  const weights = []
  for (let at = first; at < end; at++) {
    weights.push((Math.min(at + 1, from + step) - Math.max(at, from)) / step)
  }
  return { first, weights }
}

function linearTap(centre: number, limit: number): Tap {
  const before = Math.floor(centre - 0.5)
  const share = centre - 0.5 - before
  const inside = [
    { at: before, weight: 1 - share },
    { at: before + 1, weight: share },
  ].filter(({ at }) => at >= 0 && at < limit)
  return { first: inside[0]?.at ?? 0, weights: inside.map(({ weight }) => weight) }
}
