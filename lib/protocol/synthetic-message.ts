import { createHash } from 'node:crypto'
import {
  ScalarType,
  type DescField,
  type DescMessage,
  type Message,
  type MessageShape,
} from '@bufbuild/protobuf'
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect'
import fc from 'fast-check'
import { arbitraryMessage } from './arbitrary-message.ts'

/** A synthetic crop or text is a few of these; enough to be told apart, too few to cost anything. */
const maxLength = 64
const maxItems = 3
/** No synthetic coordinate is beyond the side of a photo. */
const maxCoordinate = 4_000

/** Shapes that the protocol fixes in its comments. */
const lengths: Readonly<Record<string, number>> = { landmarks: 5, polygon: 4 }

/** Text that a person can read in a log. */
const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron']

/**
 * Generates a message from its protocol alone: small, plausible, and the same for the same schema and seed. Numbers are
 * finite, certainties from 0 to 1, texts a few words. `position` becomes its `index`, where it has one.
 */
export function syntheticMessage<Desc extends DescMessage>(
  schema: Desc,
  seed: string,
  position = 0,
): MessageShape<Desc> {
  const values = arbitraryMessage(schema, {
    maxItems,
    maxLength,
    complete: true,
    valuesOf: plausibleValues,
    lengthOf: (field) => lengths[field.name],
  })
  const [message]: Message[] = fc.sample(fc.noBias(values), {
    seed: seedNumber(schema, seed),
    numRuns: 1,
  })
  if (message === undefined) throw new TypeError(`no value of ${schema.typeName}`)
  numberItems(reflect<DescMessage>(schema, message), position)
  return message as MessageShape<Desc>
}

/** An index is the position among its like: in the image, or in the list. */
function numberItems(message: ReflectMessage, position: number): void {
  for (const field of message.fields) {
    if (field.name === 'index' && field.scalar === ScalarType.UINT32) message.set(field, position)
    if (field.fieldKind !== 'list' || field.listKind !== 'message') continue
    const items = [...message.get(field)] as ReflectMessage[]
    items.forEach((item, index) => numberItems(item, index))
  }
}

/** A whole number from 0 to `maximum`, the same for the same seed. */
export function syntheticCount(seed: string, maximum: number): number {
  return hash(`count\n${seed}`) % (maximum + 1)
}

function seedNumber(schema: DescMessage, seed: string): number {
  return hash(`${schema.typeName}\n${seed}`) | 0
}

function hash(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0)
}

/** Values by type; any others are fine as they are. */
const plausibleScalars: Partial<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  [ScalarType.DOUBLE]: fc
    .integer({ min: 1, max: maxCoordinate * 4 })
    .map((quarters) => quarters / 4),
  [ScalarType.UINT32]: fc.integer({ min: 1, max: maxCoordinate }),
  [ScalarType.STRING]: fc
    .array(fc.constantFrom(...words), { minLength: 1, maxLength: 5 })
    .map((text) => text.join(' ')),
  [ScalarType.BYTES]: fc.uint8Array({ minLength: 1, maxLength }),
}

/** What the name of a field says of its values beyond its type. */
function plausibleValues(field: DescField): fc.Arbitrary<unknown> | undefined {
  if (field.fieldKind === 'list' || field.fieldKind === 'map') return undefined
  if (field.name === 'mime_type') return fc.constant('image/jpeg')
  if (field.name === 'confidence' || field.name === 'similarity') {
    return fc.integer({ min: 70, max: 100 }).map((percent) => percent / 100)
  }
  return field.scalar === undefined ? undefined : plausibleScalars[field.scalar]
}
