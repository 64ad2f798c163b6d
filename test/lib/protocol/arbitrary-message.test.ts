import { describe, expect, test } from '@jest/globals'
import {
  create,
  createRegistry,
  equals,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescFile,
  type DescMessage,
} from '@bufbuild/protobuf'
import { AnySchema, file_google_protobuf_timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { readdirSync } from 'node:fs'
import { arbitraryMessage } from '../../../lib/protocol/arbitrary-message.ts'
import { payloadRegistry } from '../../../lib/envelope/payload-registry.ts'

const generated = new URL('../../../proto/gen/com/reactivearchitecturecookbook/', import.meta.url)

/** Every generated file, so that a new protocol is tested without a change here. */
const files: DescFile[] = []
for (const name of readdirSync(generated)) {
  const module = (await import(new URL(name, generated).href)) as Record<string, unknown>
  const file = Object.entries(module).find(([key]) => key.startsWith('file_'))
  files.push(file?.[1] as DescFile)
}

const registry = createRegistry(...files, file_google_protobuf_timestamp)
const messages = files.flatMap((file) => file.messages)
const payloads = [...payloadRegistry].filter((type): type is DescMessage => type.kind === 'message')

describe('arbitraryMessage', () => {
  test('knows every message of every protocol', () => {
    expect(messages.length).toBeGreaterThan(25)
  })

  test.each(messages.map((schema) => [schema.typeName, schema] as const))(
    '%s goes through binary and JSON unchanged',
    (_name, schema) => {
      fc.assert(
        fc.property(arbitraryMessage(schema, { payloads }), (message) => {
          const bytes = toBinary(schema, message)
          const copy = fromBinary(schema, bytes)
          expect(toBinary(schema, copy)).toEqual(bytes)
          const json = toJsonString(schema, copy, { registry, alwaysEmitImplicit: true })
          const read = fromJsonString(schema, json, { registry })
          expect(toJsonString(schema, read, { registry, alwaysEmitImplicit: true })).toBe(json)
          expect(toBinary(schema, read)).toEqual(bytes)
        }),
        { numRuns: 50 },
      )
    },
  )

  test('reaches absent and present messages, and lists of every length', () => {
    const schema = messages.find(({ typeName }) => typeName.endsWith('vision.v1m0.ImageProcessed'))
    const sample = fc.sample(arbitraryMessage(schema ?? AnySchema, { maxItems: 3 }), {
      numRuns: 500,
      seed: 1,
    }) as unknown as { failure?: unknown; models: unknown[] }[]
    expect(new Set(sample.map(({ failure }) => failure === undefined)).size).toBe(2)
    expect(new Set(sample.map(({ models }) => models.length))).toEqual(new Set([0, 1, 2, 3]))
  })

  test('stays within the years that JSON can express', () => {
    fc.assert(
      fc.property(arbitraryMessage(TimestampSchema), (message) => {
        expect(() => toJsonString(TimestampSchema, message)).not.toThrow()
      }),
    )
  })

  test('leaves payloads empty where none is named', () => {
    fc.assert(
      fc.property(arbitraryMessage(AnySchema), (message) => {
        expect(equals(AnySchema, message, create(AnySchema))).toBe(true)
      }),
    )
  })
})
