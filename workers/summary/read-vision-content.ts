import { fromBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { shortTypeName } from '../../lib/envelope/payload-registry.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { ExtractedFaceSchema } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m1_pb.ts'
import { ExtractedFacesSchema } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v2m0_pb.ts'
import {
  RecognizedTextSchema,
  type RecognizedText,
} from '../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import { ImageProcessedSchema } from '../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'
import type {
  Box,
  JournalledMessage,
  MessageContent,
} from '../../activities/summary/transaction-record.ts'

/** What a summary needs of a vision message's payload. */
export type VisionContent = Pick<JournalledMessage, 'service' | 'version' | 'content'>

const readers: Readonly<Record<string, (bytes: Uint8Array) => VisionContent>> = {
  'vision.v1m0.ImageProcessed': readTerminal,
  'faceextract.v1m0.ExtractedFace': () => ({
    service: 'faceextract',
    version: '1.0',
    content: { kind: 'faces', faces: [{}] },
  }),
  'faceextract.v1m1.ExtractedFace': (bytes) => ({
    service: 'faceextract',
    version: '1.1',
    content: { kind: 'faces', faces: [readFace(fromBinary(ExtractedFaceSchema, bytes))] },
  }),
  'faceextract.v2m0.ExtractedFaces': (bytes) => ({
    service: 'faceextract',
    version: '2.0',
    content: {
      kind: 'faces',
      faces: fromBinary(ExtractedFacesSchema, bytes).faces.map(readFace),
    },
  }),
  'ocr.v1m0.RecognizedText': (bytes) => ({
    service: 'ocr',
    version: '1.0',
    content: readText(fromBinary(RecognizedTextSchema, bytes)),
  }),
}

/**
 * Reads a payload of `vision-1`; pixels are left behind. The lines of texts are kept whoever asks: a later token of the same
 * transaction may ask for what they agree in. A type that no summary shows is `other`. Throws `IpsError('payload-unknown')`,
 * not retryable, for damaged bytes.
 */
export function readVisionContent(payload: Any): VisionContent {
  const type = shortTypeName(payload.typeUrl)
  const read = readers[type]
  if (read === undefined) return { service: type, version: '', content: { kind: 'other' } }
  try {
    return read(payload.value)
  } catch (cause) {
    throw new IpsError('payload-unknown', `${type} cannot be read`, { cause })
  }
}

function readTerminal(bytes: Uint8Array): VisionContent {
  const { service, version, results, failure } = fromBinary(ImageProcessedSchema, bytes)
  const said = failure && { code: storable(failure.code), detail: storable(failure.detail) }
  return {
    service: storable(service),
    version: storable(version),
    content: { kind: 'terminal', results, ...(said === undefined ? {} : { failure: said }) },
  }
}

function readFace({ index, boundingBox }: { index: number; boundingBox?: Box | undefined }) {
  if (boundingBox === undefined) return { index }
  const { left, top, width, height } = boundingBox
  // JSON, in which the journal keeps it, knows neither NaN nor infinity.
  if (![left, top, width, height].every(Number.isFinite)) return { index }
  return { index, boundingBox: { left, top, width, height } }
}

/** Lines of an image that are kept: a page of small print has less than half as many. */
const maxLines = 512
/** Of a line, in UTF-16 units: what is longer is no field but a sentence, of which only the text is kept. */
const maxLineLength = 256
/** A line has four. */
const maxCorners = 4

function readText({ text, lines }: RecognizedText): MessageContent {
  return {
    kind: 'text',
    text: storable(text),
    lines: lines
      .map((line, index) => ({ ...line, line: index }))
      .filter((line) => line.text.length <= maxLineLength)
      .slice(0, maxLines)
      .map(({ line, text: read, confidence, polygon }) => ({
        ...{ line, text: storable(read) },
        confidence: Number.isFinite(confidence) ? confidence : 0,
        polygon: readPolygon(polygon),
      })),
  }
}

function readPolygon(polygon: RecognizedText['lines'][number]['polygon']): number[] {
  const corners = polygon.slice(0, maxCorners).flatMap(({ x, y }) => [x, y])
  return corners.every(Number.isFinite) ? corners : []
}

/** PostgreSQL holds no NUL in texts. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '')
}
