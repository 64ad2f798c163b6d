import { ScalarType, toJson, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { z } from 'zod'
import { payloadRegistry } from '../../../lib/envelope/payload-registry.ts'
import { arbitraryMessage } from '../../../lib/protocol/arbitrary-message.ts'
import { jsonSchemaOf } from '../../../lib/protocol/json-schema.ts'

const schemas = [...payloadRegistry].filter((type): type is DescMessage => type.kind === 'message')

const numbers = fc.double({ noNaN: true, noDefaultInfinity: true })
const finite = ({ scalar }: DescField) =>
  scalar === ScalarType.DOUBLE || scalar === ScalarType.FLOAT
    ? numbers.map((value) => Math.fround(value / 1e300))
    : undefined

describe('jsonSchemaOf', () => {
  test.each(schemas.map((schema) => [schema.typeName, schema] as const))(
    'allows every %s that there may be',
    (_name, schema) => {
      const accepted = z.fromJSONSchema(jsonSchemaOf(schema))
      fc.assert(
        fc.property(arbitraryMessage(schema, { valuesOf: finite }), (message) => {
          const json = toJson(schema, message, { alwaysEmitImplicit: true })
          expect(accepted.safeParse(json).error?.issues).toBeUndefined()
        }),
      )
    },
  )

  test('refuses what lacks a member, or has one of another type', () => {
    const schema = schemas.find(({ typeName }) => typeName.endsWith('.ocr.v1m0.RecognizedText'))
    const accepted = z.fromJSONSchema(jsonSchemaOf(schema ?? fail()))
    const text = { text: 'a', lines: [], columns: [], imageWidth: 3, imageHeight: 4 }
    expect(accepted.safeParse(text).success).toBe(true)
    expect(accepted.safeParse({ ...text, lines: [{ text: 1 }] }).success).toBe(false)
    expect(accepted.safeParse({ ...text, imageWidth: undefined }).success).toBe(false)
  })
})

function fail(): never {
  throw new Error('there is no such message')
}
