import { BinaryReader } from '@bufbuild/protobuf/wire'

/** `ModelProto.metadata_props` of the ONNX format, and the two fields of its entries. */
const metadataField = 14
const keyField = 1
const valueField = 2

/**
 * The metadata of an ONNX model, by key. Reads the outermost fields only and skips the weights.
 * Source: `onnx.proto3`, messages `ModelProto` and `StringStringEntryProto`.
 */
export function readOnnxMetadata(model: Uint8Array): Map<string, string> {
  const reader = new BinaryReader(model)
  const metadata = new Map<string, string>()
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === metadataField) {
      const { key, value } = readEntry(new BinaryReader(reader.bytes()))
      metadata.set(key, value)
    } else {
      reader.skip(wireType, field)
    }
  }
  return metadata
}

function readEntry(reader: BinaryReader): { key: string; value: string } {
  const entry = { key: '', value: '' }
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === keyField) entry.key = reader.string()
    else if (field === valueField) entry.value = reader.string()
    else reader.skip(wireType, field)
  }
  return entry
}
