import { create, ScalarType } from '@bufbuild/protobuf'
import type {
  DescEnum,
  DescField,
  DescMessage,
  DescOneof,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import { AnySchema, anyPack, TimestampSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'

/** How wild the values are. */
export interface ArbitraryOptions {
  /** Elements of a list or a map at most. */
  readonly maxItems: number
  /** Characters of a text, and bytes, at most. */
  readonly maxLength: number
  /** True where every message inside is there and no list is empty; otherwise some are. */
  readonly complete: boolean
  /** What a payload (`google.protobuf.Any`) may hold; without any, payloads are empty. */
  readonly payloads: readonly DescMessage[]
  /** The values of a field where they are not any of its type. */
  readonly valuesOf: (field: DescField) => fc.Arbitrary<unknown> | undefined
  /** How many elements a list has where it is always the same number. */
  readonly lengthOf: (field: DescField) => number | undefined
}

/** A message in a message in a message…: below this depth messages are absent, so that recursive types end. */
const maxDepth = 6

/** The seconds of 0001-01-01 and 9999-12-31: what the JSON mapping of a timestamp can express. */
const timestampSeconds = { min: -62_135_596_800n, max: 253_402_300_799n }
const maxNanos = 999_999_999

const defaults: ArbitraryOptions = {
  maxItems: 4,
  maxLength: 24,
  complete: false,
  payloads: [],
  valuesOf: () => undefined,
  lengthOf: () => undefined,
}

/**
 * Derives from a message's descriptor the values that it can have: every one can be written as binary and as JSON.
 * Text is valid Unicode without lone surrogates; timestamps are within the years 1 to 9999; there is no negative zero,
 * which JSON cannot tell from zero.
 */
export function arbitraryMessage<Desc extends DescMessage>(
  schema: Desc,
  options: Partial<ArbitraryOptions> = {},
): fc.Arbitrary<MessageShape<Desc>> {
  return messageOf(schema, { ...defaults, ...options }, maxDepth) as fc.Arbitrary<
    MessageShape<Desc>
  >
}

function messageOf(
  schema: DescMessage,
  options: ArbitraryOptions,
  depth: number,
): fc.Arbitrary<Message> {
  if (schema.typeName === TimestampSchema.typeName) return arbitraryTimestamp()
  if (schema.typeName === AnySchema.typeName) return arbitraryAny(options, depth)
  const members = schema.members.map((member) =>
    member.kind === 'oneof'
      ? memberEntry(member.localName, choiceOf(member, options, depth))
      : memberEntry(member.localName, fieldOf(member, options, depth)),
  )
  return fc
    .tuple(...members)
    .map((entries) =>
      create(
        schema,
        Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as MessageInitShape<
          typeof schema
        >,
      ),
    )
}

function memberEntry(name: string, values: fc.Arbitrary<unknown>) {
  return values.map((value): [string, unknown] => [name, value])
}

function choiceOf(
  oneof: DescOneof,
  options: ArbitraryOptions,
  depth: number,
): fc.Arbitrary<unknown> {
  const cases = oneof.fields.map((field) =>
    singleOf(field, options, depth).map((value) =>
      value === undefined ? undefined : { case: field.localName, value },
    ),
  )
  return fc.oneof(...(options.complete ? [] : [fc.constant(undefined)]), ...cases)
}

function fieldOf(
  field: DescField,
  options: ArbitraryOptions,
  depth: number,
): fc.Arbitrary<unknown> {
  if (field.fieldKind === 'list') {
    const length = options.lengthOf(field)
    const least = options.complete ? 1 : 0
    const bounds = { minLength: length ?? least, maxLength: length ?? options.maxItems }
    return depth <= 0 ? fc.constant([]) : fc.array(elementOf(field, options, depth), bounds)
  }
  if (field.fieldKind === 'map') return mapOf(field, options, depth)
  return singleOf(field, options, depth)
}

/** A field that is no list and no map; `undefined` where it may be absent. */
function singleOf(
  field: DescField,
  options: ArbitraryOptions,
  depth: number,
): fc.Arbitrary<unknown> {
  if (field.fieldKind === 'message') {
    if (depth <= 0) return fc.constant(undefined)
    const values = messageOf(field.message, options, depth - 1)
    return options.complete && !field.proto.proto3Optional
      ? values
      : fc.option(values, { nil: undefined })
  }
  const values = options.valuesOf(field) ?? elementOf(field, options, depth)
  return field.proto.proto3Optional ? fc.option(values, { nil: undefined }) : values
}

function elementOf(
  field: DescField,
  options: ArbitraryOptions,
  depth: number,
): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return messageOf(field.message, options, depth - 1)
  if (field.enum !== undefined) return enumOf(field.enum)
  const longAsString = 'longAsString' in field && field.longAsString
  return scalarOf(field.scalar, options, longAsString)
}

function mapOf(
  field: DescField & { fieldKind: 'map' },
  options: ArbitraryOptions,
  depth: number,
): fc.Arbitrary<unknown> {
  const keys = scalarOf(field.mapKey, options, false).map(String)
  const entries = fc.array(fc.tuple(keys, elementOf(field, options, depth)), {
    maxLength: depth <= 0 ? 0 : options.maxItems,
  })
  return entries.map((pairs) => Object.fromEntries(pairs))
}

function enumOf({ values }: DescEnum): fc.Arbitrary<number> {
  return fc.constantFrom(...values.map((value) => value.number))
}

function scalarOf(
  type: ScalarType,
  { maxLength }: ArbitraryOptions,
  longAsString: boolean,
): fc.Arbitrary<unknown> {
  const long = (values: fc.Arbitrary<bigint>) => (longAsString ? values.map(String) : values)
  switch (type) {
    case ScalarType.DOUBLE:
      return fc.double().map(positiveZero)
    case ScalarType.FLOAT:
      return fc.float().map(positiveZero)
    case ScalarType.BOOL:
      return fc.boolean()
    case ScalarType.STRING:
      return fc.string({ unit: 'binary', maxLength })
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength })
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.integer({ min: 0, max: 2 ** 32 - 1 })
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return long(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return long(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  }
}

function positiveZero(value: number): number {
  return value === 0 ? 0 : value
}

function arbitraryTimestamp(): fc.Arbitrary<Message> {
  return fc
    .tuple(fc.bigInt(timestampSeconds), fc.integer({ min: 0, max: maxNanos }))
    .map(([seconds, nanos]) => create(TimestampSchema, { seconds, nanos }))
}

function arbitraryAny(options: ArbitraryOptions, depth: number): fc.Arbitrary<Message> {
  if (options.payloads.length === 0 || depth <= 0) return fc.constant(create(AnySchema))
  const packed = options.payloads.map((schema) =>
    messageOf(schema, options, depth - 1).map((message) => anyPack(schema, message)),
  )
  return fc.oneof(...packed)
}
