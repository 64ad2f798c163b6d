import type { Point } from './face-box.ts'
import {
  fitSimilarity,
  inverseOf,
  scaleOf,
  transformed,
  type Similarity,
} from './fit-similarity.ts'
import { resample, type RgbPixels } from './resample.ts'

/** The recogniser's input. */
export const alignedSide = 112

/** Where the recogniser was trained to see the eyes, the nose's tip and the corners of the mouth. */
const places: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
]

/** What linear interpolation may shrink without losing or inventing detail; averaging all of it would blur. */
const sharpShrink = 1.6

/** A face as the recogniser wants it: interleaved values from 0 to 255, upright, its features in their places. */
export interface AlignedFace {
  readonly rgb: Float32Array
  /** Pixels of the aligned face for each of the image: above 1 the image has fewer than the recogniser takes. */
  readonly scale: number
}

/**
 * Turns and scales a face so that its five landmarks come nearest to their places. Where that shrinks it, the pixels are
 * averaged first, by area, or fine detail would turn into noise. What lies outside the image is black. `undefined` where the
 * landmarks are one point, or the face is turned into nothing.
 */
export function alignFace(image: RgbPixels, landmarks: readonly Point[]): AlignedFace | undefined {
  const fit = fitSimilarity(landmarks, places)
  if (fit === undefined || scaleOf(fit) === 0) return undefined
  const back = inverseOf(fit)
  const { source, region } = shrinkRegion(image, back, Math.max(1, scaleOf(back) / sharpShrink))
  return { rgb: warp(source, back, region), scale: scaleOf(fit) }
}

interface Region {
  readonly left: number
  readonly top: number
  /** Pixels of the image for each of the region. */
  readonly step: number
}

/** The part of the image that the aligned face shows, `step` times smaller. */
function shrinkRegion(image: RgbPixels, back: Similarity, step: number) {
  const centre = transformed(back, { x: alignedSide / 2, y: alignedSide / 2 })
  // Whichever way the face is turned; and some more, since the warp looks at neighbours.
  const side = Math.ceil((alignedSide * Math.SQRT2 * scaleOf(back)) / step) + 4
  const region = {
    // On whole pixels, so that nothing is interpolated twice where nothing shrinks.
    left: Math.floor(centre.x - (side * step) / 2),
    top: Math.floor(centre.y - (side * step) / 2),
    width: side * step,
    height: side * step,
  }
  const source = { side, rgb: resample(image, region, side, side) }
  return { source, region: { left: region.left, top: region.top, step } }
}

/** Takes each pixel of the aligned face from the four nearest of the source, linearly. */
function warp(
  { side, rgb }: { side: number; rgb: Float32Array },
  back: Similarity,
  { left, top, step }: Region,
): Float32Array {
  const result = new Float32Array(alignedSide * alignedSide * 3)
  let to = 0
  for (let row = 0; row < alignedSide; row++) {
    for (let column = 0; column < alignedSide; column++) {
      // The places count from the centre of the first pixel, the image from its corner.
      const x = (back.a * column - back.b * row + back.x - left) / step - 0.5
      const y = (back.b * column + back.a * row + back.y - top) / step - 0.5
      const [x0, y0] = [Math.floor(x), Math.floor(y)]
      const [right, low] = [x - x0, y - y0]
      const from = (y0 * side + x0) * 3
      const below = from + side * 3
      for (let channel = 0; channel < 3; channel++) {
        const upper = mix(rgb[from + channel], rgb[from + 3 + channel], right)
        const lower = mix(rgb[below + channel], rgb[below + 3 + channel], right)
        result[to++] = mix(upper, lower, low)
      }
    }
  }
  return result
}

function mix(one = 0, other = 0, share: number): number {
  return one + (other - one) * share
}
