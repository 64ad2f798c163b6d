import { fromJson, type JsonValue } from '@bufbuild/protobuf'
import type { EvaluatedImage } from '../../../activities/evaluation/evaluated-images.ts'
import { unpackVector } from '../../../lib/envelope/pack-vector.ts'
import { ExtractedFacesSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/faceextract-v2m0_pb.ts'
import { FaceTemplatesSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/identity-v1m0_pb.ts'
import { RecognizedTextSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import type { FoundBox } from '../match-boxes.ts'
import type { TextWithLines } from '../rate-text.ts'

/** A face that was found, with what it is compared by where it can be. */
export interface FoundFaceBox extends FoundBox {
  readonly template?: Float32Array
}

/** What a service found in an image; a service that did not look for something found none of it. */
export interface Findings {
  readonly faces: readonly FoundFaceBox[]
  readonly text: TextWithLines
  /** How sure it is of each line of the text. */
  readonly lineConfidences: readonly number[]
}

/** Reads the recorded results of an image. */
export function readFindings({ results }: EvaluatedImage): Findings {
  const faces: FoundFaceBox[] = []
  const templates = new Map<number, Float32Array>()
  let text: TextWithLines = { text: '', lines: [] }
  let lineConfidences: readonly number[] = []
  for (const { type, data } of results) {
    const json = data as JsonValue
    if (type === ExtractedFacesSchema.typeName) {
      for (const { boundingBox, confidence } of fromJson(ExtractedFacesSchema, json).faces) {
        if (boundingBox !== undefined) faces.push({ box: boundingBox, confidence })
      }
    } else if (type === FaceTemplatesSchema.typeName) {
      for (const { index, vector } of fromJson(FaceTemplatesSchema, json).templates) {
        templates.set(index, unpackVector(vector))
      }
    } else if (type === RecognizedTextSchema.typeName) {
      const read = fromJson(RecognizedTextSchema, json)
      text = { text: read.text, lines: read.lines.map((line) => line.text) }
      lineConfidences = read.lines.map(({ confidence }) => confidence)
    }
  }
  return {
    faces: faces.map((face, index) => {
      const template = templates.get(index)
      return template === undefined ? face : { ...face, template }
    }),
    ...{ text, lineConfidences },
  }
}
