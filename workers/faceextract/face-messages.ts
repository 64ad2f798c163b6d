import { create } from '@bufbuild/protobuf'
import { ExtractedFaceSchema as ExtractedFace1m0 } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m0_pb.ts'
import { ExtractedFaceSchema as ExtractedFace1m1 } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m1_pb.ts'
import { ExtractedFacesSchema as ExtractedFaces2m0 } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v2m0_pb.ts'
import type { VisionResult } from '../vision/define-vision-service.ts'
import type { Point } from './face-box.ts'
import type { FoundFace } from './find-faces.ts'

/** A face with all that any version says of it. */
export interface DescribedFace extends FoundFace {
  readonly landmarks: readonly Point[]
  /** The JPEG of the crop. */
  readonly crop: Uint8Array
}

/** The faces wanted of an image, surest first, and its size. */
interface ImageFaces {
  readonly faces: readonly DescribedFace[]
  readonly imageWidth: number
  readonly imageHeight: number
}

const mimeType = 'image/jpeg'

/** The versions served, oldest first, each with its type and how it says what was found: nothing where there is no face. */
export const faceVersions = [
  { version: '1.0', output: ExtractedFace1m0, write: writeCrops },
  { version: '1.1', output: ExtractedFace1m1, write: writeFaces },
  { version: '2.0', output: ExtractedFaces2m0, maxResults: 1, write: writeImage },
] as const

function writeCrops({ faces }: ImageFaces): VisionResult[] {
  return faces.map(({ crop }) => ({
    schema: ExtractedFace1m0,
    message: create(ExtractedFace1m0, { mimeType, content: crop }),
  }))
}

function writeFaces(image: ImageFaces): VisionResult[] {
  return image.faces.map((face, index) => ({
    schema: ExtractedFace1m1,
    message: create(ExtractedFace1m1, membersOf(image, face, index)),
  }))
}

function writeImage(image: ImageFaces): VisionResult[] {
  if (image.faces.length === 0) return []
  const { imageWidth, imageHeight } = image
  const faces = image.faces.map((face, index) => membersOf(image, face, index))
  return [
    {
      schema: ExtractedFaces2m0,
      message: create(ExtractedFaces2m0, { faces, imageWidth, imageHeight }),
    },
  ]
}

function membersOf({ imageWidth, imageHeight }: ImageFaces, face: DescribedFace, index: number) {
  return {
    mimeType,
    content: face.crop,
    index,
    boundingBox: { ...face.box },
    confidence: face.confidence,
    landmarks: face.landmarks.map((point) => ({ ...point })),
    imageWidth,
    imageHeight,
  }
}
