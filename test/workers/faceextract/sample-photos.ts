import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FaceBox } from '../../../workers/faceextract/face-box.ts'
import { samplesDirectory } from '../../support/model-files.ts'

/** A photo, and the faces that a person sees in it, in pixels, from the left: from the brow to the chin. */
export interface SamplePhoto {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly faces: readonly FaceBox[]
}

/** The sample photos; every face counts, the one in profile and the one behind hair included. */
export const samplePhotos: readonly SamplePhoto[] = [
  photo('sample1.jpg', 1280, [415, 355, 190, 240], [830, 430, 205, 225], [1465, 205, 210, 235]),
  photo('sample2.jpg', 1367, [364, 126, 170, 287], [892, 229, 165, 222], [1438, 161, 203, 231]),
  photo('sample3.jpg', 1350, [588, 330, 201, 277], [1075, 193, 223, 309], [1505, 302, 179, 262]),
  photo(
    'sample4.jpg',
    1448,
    [264, 195, 159, 253],
    [662, 64, 186, 250],
    [989, 178, 174, 250],
    [1266, 160, 156, 229],
  ),
  photo(
    'sample5.jpg',
    1398,
    [372, 886, 180, 277],
    [601, 416, 172, 256],
    [795, 116, 156, 210],
    [1117, 209, 159, 216],
    [1413, 382, 180, 277],
  ),
  photo(
    'sample6.jpg',
    1537,
    [252, 484, 214, 277],
    [676, 327, 172, 304],
    [1173, 310, 188, 271],
    [1487, 265, 211, 288],
  ),
]

/** The bytes of a sample photo. */
export function readSample(file: string): Promise<Buffer> {
  return readFile(path.join(samplesDirectory(), file))
}

function photo(
  file: string,
  height: number,
  ...faces: readonly (readonly [number, number, number, number])[]
): SamplePhoto {
  return {
    file,
    width: 1920,
    height,
    faces: faces.map(([left, top, width, height]) => ({ left, top, width, height })),
  }
}
