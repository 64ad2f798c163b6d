import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { expect, test } from '@jest/globals'
import { readOnnxMetadata } from '../../../cli/install/read-onnx-metadata.ts'

/** An ONNX model as far as this reader is concerned: other fields around the metadata. */
function modelWith(metadata: Record<string, string>, graph: Uint8Array): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Varint).uint64(8n)
  writer.tag(7, WireType.LengthDelimited).bytes(graph)
  for (const [key, value] of Object.entries(metadata)) {
    writer.tag(14, WireType.LengthDelimited).fork()
    writer.tag(1, WireType.LengthDelimited).string(key)
    writer.tag(2, WireType.LengthDelimited).string(value)
    writer.join()
  }
  return writer.finish()
}

const text = fc.string({ unit: 'grapheme' })

test('the metadata of a model is read whatever else is in it', () => {
  fc.assert(
    fc.property(fc.dictionary(text, text), fc.uint8Array(), (metadata, graph) => {
      const read = readOnnxMetadata(modelWith(metadata, graph))
      expect([...read]).toEqual(Object.entries(metadata))
    }),
  )
})

test('a model without metadata has none', () => {
  expect(readOnnxMetadata(modelWith({}, new Uint8Array(3))).size).toBe(0)
})
