import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence as Presence, TimestampSchema } from '@bufbuild/protobuf/wkt'

/** A JSON Schema (2020-12), as OpenAPI 3.1 uses them. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly [keyword: string]: unknown
}

/** What clients of protocols that call themselves should not be asked to follow. */
const maxDepth = 8

/**
 * The JSON Schema of a message in the protocol's own JSON mapping, zero values written out: members that may be absent are
 * those with presence.
 */
export function jsonSchemaOf(message: DescMessage, depth = 0): JsonSchema {
  if (message.typeName === TimestampSchema.typeName) return { type: 'string', format: 'date-time' }
  if (depth > maxDepth) return { type: 'object' }
  const members = message.fields.map((field) => [field.jsonName, schemaOf(field, depth)] as const)
  const required = message.fields
    .filter(({ presence }) => presence === Presence.IMPLICIT)
    .map(({ jsonName }) => jsonName)
  return { type: 'object', required, properties: Object.fromEntries(members) }
}

function schemaOf(field: DescField, depth: number): JsonSchema {
  if (field.fieldKind === 'list') {
    return { type: 'array', items: valueSchema(field, field.listKind, depth) }
  }
  if (field.fieldKind === 'map') {
    return { type: 'object', additionalProperties: valueSchema(field, field.mapKind, depth) }
  }
  return valueSchema(field, field.fieldKind, depth)
}

function valueSchema(
  { message, enum: values, scalar }: DescField,
  kind: 'message' | 'enum' | 'scalar',
  depth: number,
): JsonSchema {
  if (kind === 'message' && message !== undefined) return jsonSchemaOf(message, depth + 1)
  if (kind === 'enum' && values !== undefined) {
    return { type: 'string', enum: values.values.map(({ name }) => name) }
  }
  return scalarSchemas.get(scalar ?? ScalarType.INT64) ?? longSchema
}

/** Whole numbers of 64 bits are texts in JSON. */
const longSchema = { type: 'string', pattern: '^-?[0-9]+$' }

/** No message of this system has a number that is infinite or none, which JSON has no number for. */
const scalarSchemas: ReadonlyMap<ScalarType, JsonSchema> = new Map([
  [ScalarType.STRING, { type: 'string' }],
  [ScalarType.BYTES, { type: 'string', contentEncoding: 'base64' }],
  [ScalarType.BOOL, { type: 'boolean' }],
  [ScalarType.FLOAT, { type: 'number' }],
  [ScalarType.DOUBLE, { type: 'number' }],
  ...[
    ScalarType.INT32,
    ScalarType.SINT32,
    ScalarType.SFIXED32,
    ScalarType.UINT32,
    ScalarType.FIXED32,
  ].map((type) => [type, { type: 'integer' }] as const),
])
