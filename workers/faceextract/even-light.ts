import { alignedSide } from './align-face.ts'

/** The part of an aligned face that shows skin, whatever the hair and the background are. */
const inner = { left: 20, right: 92, top: 20, bottom: 100 }

/** The mean brightness of the faces that the recogniser knows best. */
const wantedLuma = 115

/** Beyond this a face is noise, or burnt out: making more of it would only make more of that. */
const maxGain = 4
const minGain = 0.6

/**
 * Makes an aligned face as bright as others, by one factor for all its pixels. The recogniser takes dark faces for one
 * another: with this fewer pairs of two people look like one, and more faces in the dark are found again.
 */
export function evenLight(rgb: Float32Array): Float32Array {
  let sum = 0
  for (let row = inner.top; row < inner.bottom; row++) {
    for (let column = inner.left; column < inner.right; column++) {
      const at = (row * alignedSide + column) * 3
      const [red = 0, green = 0, blue = 0] = [rgb[at], rgb[at + 1], rgb[at + 2]]
      sum += 0.299 * red + 0.587 * green + 0.114 * blue
    }
  }
  const luma = sum / ((inner.right - inner.left) * (inner.bottom - inner.top))
  const gain = Math.min(maxGain, Math.max(minGain, wantedLuma / Math.max(1, luma)))
  return rgb.map((value) => Math.min(255, value * gain))
}
