import { createRegistry, type Message } from '@bufbuild/protobuf'
import { anyPack, type Any } from '@bufbuild/protobuf/wkt'
import type { DescMessage } from '@bufbuild/protobuf'
import { file_com_reactivearchitecturecookbook_faceextract_v1m0 as faceextractV1m0 } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m0_pb.ts'
import { file_com_reactivearchitecturecookbook_faceextract_v1m1 as faceextractV1m1 } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m1_pb.ts'
import { file_com_reactivearchitecturecookbook_faceextract_v2m0 as faceextractV2m0 } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v2m0_pb.ts'
import { file_com_reactivearchitecturecookbook_ingest_v1m0 as ingestV1m0 } from '../../proto/gen/com/reactivearchitecturecookbook/ingest-v1m0_pb.ts'
import { file_com_reactivearchitecturecookbook_ocr_v1m0 as ocrV1m0 } from '../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import { file_com_reactivearchitecturecookbook_summary_v1m0 as summaryV1m0 } from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import { file_com_reactivearchitecturecookbook_summary_v1m1 as summaryV1m1 } from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import { file_com_reactivearchitecturecookbook_vision_v1m0 as visionV1m0 } from '../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'

const rootPackage = 'com.reactivearchitecturecookbook.'

/** Every type that an envelope's payload can have. */
export const payloadRegistry = createRegistry(
  faceextractV1m0,
  faceextractV1m1,
  faceextractV2m0,
  ingestV1m0,
  ocrV1m0,
  summaryV1m0,
  summaryV1m1,
  visionV1m0,
)

/** Wraps a message as a payload. */
export function packPayload(schema: DescMessage, message: Message): Any {
  return anyPack(schema, message)
}

/**
 * Package and name without the root package: `ocr.v1m0.RecognizedText` of
 * `type.googleapis.com/com.reactivearchitecturecookbook.ocr.v1m0.RecognizedText`.
 */
export function shortTypeName(typeUrl: string): string {
  const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
  return name.startsWith(rootPackage) ? name.slice(rootPackage.length) : name
}
